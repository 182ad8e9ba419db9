namespace Atlas.Pipeline.Buffer;

/// <summary>How urgent a waiting item is; the least goes first.</summary>
/// <remarks>
/// An item's aged level is <c>level - waited / aging</c>, and at any one moment that sorts like <c>level * aging + waiting since</c>, which does not change with time.
/// So aging needs no re-sorting. An old item may pass even a fresh critical one: that is what keeps it from starving.
/// </remarks>
/// <param name="Urgency">Ticks: the moment since which it waits, put off by one aging time per level.</param>
/// <param name="Since">UTC ticks: since when it could have been taken.</param>
/// <param name="Sequence">The ledger's number.</param>
internal readonly record struct Rank(long Urgency, long Since, long Sequence) : IComparable<Rank>
{
    public static Rank Of(WorkItem item, long since, TimeSpan aging) =>
        new(since + ((long)item.Priority * aging.Ticks), since, item.Sequence);

    public int CompareTo(Rank other)
    {
        var order = Urgency.CompareTo(other.Urgency);
        if (order == 0)
            order = Since.CompareTo(other.Since);
        return order == 0 ? Sequence.CompareTo(other.Sequence) : order;
    }
}
