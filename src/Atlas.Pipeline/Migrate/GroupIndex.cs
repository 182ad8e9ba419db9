namespace Atlas.Pipeline.Migrate;

/// <summary>The numbers of resources by their keys: an open table of numbers alone, as the keys stand with the resources. 6 to 11 bytes for each.</summary>
/// <remarks>Keys are digests, so their own bits place them.</remarks>
internal sealed class GroupIndex(GrowingList<LegacyGroup> groups)
{
    private const int Free = 0;

    // Numbers from 1, in a table whose length is a power of two and of which no more than 7 in 10 are taken.
    private int[] _numbers = new int[1 << 12];

    public bool TryFind(UInt128 key, out int group)
    {
        group = _numbers[PlaceOf(key)] - 1;
        return group >= 0;
    }

    /// <summary>Notes the last resource of the list, which is there and was not.</summary>
    public void AddLast()
    {
        if (groups.Count * 10L > _numbers.Length * 7L)
            Grow();
        else
            _numbers[PlaceOf(groups[groups.Count - 1].Key)] = groups.Count;
    }

    private int PlaceOf(UInt128 key)
    {
        var place = (int)(ulong)key & (_numbers.Length - 1);
        while (_numbers[place] is var number && number != Free && groups[number - 1].Key != key)
            place = (place + 1) & (_numbers.Length - 1);
        return place;
    }

    private void Grow()
    {
        _numbers = new int[_numbers.Length * 2];
        for (var number = 1; number <= groups.Count; number++)
            _numbers[PlaceOf(groups[number - 1].Key)] = number;
    }
}
