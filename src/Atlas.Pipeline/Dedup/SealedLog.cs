namespace Atlas.Pipeline.Dedup;

/// <summary>The log as a checkpoint left it: each stretch is verified before the first byte of it is believed.</summary>
/// <remarks>
/// A start needs the end of the log; the rest is gigabytes, of which a run may never read a byte. What nobody has asked for is verified beside the run (<see cref="VerifyRest"/>).
/// Any thread; two that want the same stretch wait for one another.
/// </remarks>
/// <param name="stretches">Without gaps, from the log's first byte on.</param>
/// <param name="isWhole">Whether a stretch is what its hash says.</param>
internal sealed class SealedLog(IReadOnlyList<SealedStretch> stretches, Func<SealedStretch, bool> isWhole)
{
    private readonly Lock[] _gates = [.. stretches.Select(_ => new Lock())];
    private readonly bool[] _believed = new bool[stretches.Count];
    private int _left = stretches.Count;

    /// <summary>The stretches that are as long as they can be.</summary>
    public IEnumerable<SealedStretch> Whole => stretches.Where(stretch => stretch.Length == RunningHashes.StretchBytes);

    /// <summary>Whether there is nothing left to verify.</summary>
    public bool IsVerified => Volatile.Read(ref _left) == 0;

    /// <summary>The stretch that has an address, or would be the next.</summary>
    public int IndexOf(long address) => (int)Math.Min(address / RunningHashes.StretchBytes, stretches.Count);

    /// <summary>Says that everything from an address on has been verified.</summary>
    public void Believe(long from)
    {
        for (var i = IndexOf(from); i < stretches.Count; i++)
            Believe(i);
    }

    /// <summary>Before bytes of the log are used.</summary>
    /// <exception cref="InvalidDataException">They are not what the checkpoint left.</exception>
    /// <exception cref="IOException">They cannot be read.</exception>
    public void Ensure(long address, long length)
    {
        if (IsVerified)
            return;
        for (var i = IndexOf(address); i < Math.Min(IndexOf(address + length - 1) + 1, stretches.Count); i++)
            Ensure(i);
    }

    /// <summary>Verifies what is left, front to back.</summary>
    /// <inheritdoc cref="Ensure(long, long)"/>
    public void VerifyRest(CancellationToken stop)
    {
        for (var i = 0; i < stretches.Count && !stop.IsCancellationRequested; i++)
            Ensure(i);
    }

    private void Ensure(int stretch)
    {
        if (Volatile.Read(ref _believed[stretch]))
            return;
        lock (_gates[stretch])
        {
            if (_believed[stretch])
                return;
            if (!isWhole(stretches[stretch]))
                throw new InvalidDataException($"'{stretches[stretch].Name}' is not as its checkpoint left it, in the {stretches[stretch].Length} bytes from {stretches[stretch].Start} on.");
            Believe(stretch);
        }
    }

    private void Believe(int stretch)
    {
        Volatile.Write(ref _believed[stretch], true);
        Interlocked.Decrement(ref _left);
    }
}
