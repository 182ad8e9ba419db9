namespace Atlas.Pipeline;

/// <summary>One batch's claim on its source: settled when every copy of the batch has reached its end.</summary>
internal sealed class Receipt
{
    private readonly SourceProgress _progress;
    private int _copies = 1;

    internal Receipt(SourceProgress progress, string file, long endOffset)
    {
        _progress = progress;
        File = file;
        EndOffset = endOffset;
    }

    public string File { get; }

    public long EndOffset { get; }

    public bool IsSettled => Volatile.Read(ref _copies) == 0;

    /// <summary>One more copy of the batch is on its way.</summary>
    public void Fork() => Interlocked.Increment(ref _copies);

    /// <summary>One copy has reached its end.</summary>
    public void Settle()
    {
        if (Interlocked.Decrement(ref _copies) == 0)
            _progress.Settled();
    }
}
