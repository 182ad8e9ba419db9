namespace Atlas.Pipeline.DeadLetters;

/// <summary>What letters are counted by.</summary>
internal enum LetterGrouping
{
    Reason,
    Host,
    Domain,
    Source,
    Day,
}

/// <summary>Letters that have something in common.</summary>
/// <param name="Key">The reason's code, the hash of host or domain, the source's row, or the day since 1970.</param>
/// <param name="Count">How many.</param>
/// <param name="Newest">The last of them.</param>
internal readonly record struct LetterGroup(ulong Key, long Count, LetterPlace Newest);

/// <summary>Counts by a key, in an open hash table: millions of hosts, and a look for every letter.</summary>
internal sealed class LetterGroups
{
    private LetterGroup[] _slots = new LetterGroup[1_024];
    private int _used;

    public void Add(ulong key, long at, long sequence)
    {
        ref var slot = ref SlotOf(_slots, key);
        if (slot.Count == 0 && ++_used > _slots.Length / 2)
        {
            Grow();
            slot = ref SlotOf(_slots, key);
        }

        var place = new LetterPlace(at, sequence);
        slot = new LetterGroup(key, slot.Count + 1, slot.Count == 0 || place.CompareTo(slot.Newest) > 0 ? place : slot.Newest);
    }

    public IReadOnlyCollection<LetterGroup> All() => [.. _slots.Where(slot => slot.Count > 0)];

    private static ref LetterGroup SlotOf(LetterGroup[] slots, ulong key)
    {
        // Small keys are spread by a multiplication (Fibonacci hashing); the hashes of hosts don't mind.
        var at = (int)((key * 0x9E37_79B9_7F4A_7C15) >> 32) & (slots.Length - 1);
        while (slots[at].Count > 0 && slots[at].Key != key)
            at = (at + 1) & (slots.Length - 1);
        return ref slots[at];
    }

    private void Grow()
    {
        var larger = new LetterGroup[_slots.Length * 2];
        foreach (var slot in _slots)
        {
            if (slot.Count > 0)
                SlotOf(larger, slot.Key) = slot;
        }

        _slots = larger;
    }
}
