namespace Atlas.Pipeline.DeadLetters;

/// <summary>Keeps the newest of many letters.</summary>
/// <param name="most">How many are kept, from 1.</param>
internal sealed class NewestLetters(int most)
{
    private readonly List<LetterPlace> _kept = [];
    private bool _isSorted;

    /// <summary>What is older than this is not among the newest.</summary>
    public LetterPlace Least { get; private set; } = new(long.MinValue, long.MinValue);

    public void Offer(LetterPlace place)
    {
        if (place.CompareTo(Least) <= 0)
            return;
        _kept.Add(place);
        _isSorted = false;

        // Twice as many are gathered before the older half is thrown away: a sort for every so many offers.
        if (_kept.Count >= Math.Max(2L * most, 1_024))
            Cut();
    }

    /// <summary>The newest first.</summary>
    public IReadOnlyList<LetterPlace> Take()
    {
        Cut();
        return _kept;
    }

    private void Cut()
    {
        if (_isSorted)
            return;
        _kept.Sort(static (one, other) => other.CompareTo(one));
        _isSorted = true;
        if (_kept.Count <= most)
            return;
        _kept.RemoveRange(most, _kept.Count - most);
        Least = _kept[^1];
    }
}
