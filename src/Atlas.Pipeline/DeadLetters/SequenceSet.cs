namespace Atlas.Pipeline.DeadLetters;

/// <summary>Numbers of rows, with a quick no for most that are not among them.</summary>
internal sealed class SequenceSet
{
    private const int Bits = 1 << 23;

    private readonly HashSet<long> _sequences;
    private readonly ulong[] _marks = new ulong[Bits / 64];

    public SequenceSet(IEnumerable<long> sequences)
    {
        _sequences = [.. sequences];
        foreach (var sequence in _sequences)
            _marks[MarkOf(sequence)] |= 1UL << (int)(sequence & 63);
    }

    public bool Contains(long sequence) => (_marks[MarkOf(sequence)] >> (int)(sequence & 63) & 1) != 0 && _sequences.Contains(sequence);

    private static int MarkOf(long sequence) => (int)((sequence >> 6) & ((Bits / 64) - 1));
}
