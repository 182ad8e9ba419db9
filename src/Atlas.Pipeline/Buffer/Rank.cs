namespace Atlas.Pipeline.Buffer;

/// <summary>How urgent a waiting item is; the least goes first.</summary>
/// <remarks>
/// An item's aged level is <c>level - waited / aging</c>, and at any one moment that sorts like <c>level * aging + waiting since</c>, which does not change with time.
/// So aging needs no re-sorting. An old item may pass even a fresh critical one: that is what keeps it from starving.
/// An item waits since it was admitted, or since its due time came: not since it was read into memory, so that it is the same rank wherever the item is.
/// </remarks>
/// <param name="Urgency">Ticks: the moment since which it waits, put off by one aging time per level.</param>
/// <param name="Since">UTC ticks: since when it could have been taken.</param>
/// <param name="Sequence">The ledger's number.</param>
internal readonly record struct Rank(long Urgency, long Since, long Sequence) : IComparable<Rank>
{
    public static Rank Of(WorkItem item, TimeSpan aging) =>
        Of(item.Sequence, item.Priority, Math.Max(item.AdmittedAt.UtcTicks, item.DueAt.UtcTicks), aging);

    /// <param name="sequence">The ledger's number.</param>
    /// <param name="priority">The level.</param>
    /// <param name="since">UTC ticks.</param>
    /// <param name="aging">Waiting time that is worth one level.</param>
    public static Rank Of(long sequence, PriorityClass priority, long since, TimeSpan aging) =>
        new(since + ((long)priority * aging.Ticks), since, sequence);

    public int CompareTo(Rank other)
    {
        var order = Urgency.CompareTo(other.Urgency);
        if (order == 0)
            order = Since.CompareTo(other.Since);
        return order == 0 ? Sequence.CompareTo(other.Sequence) : order;
    }
}
