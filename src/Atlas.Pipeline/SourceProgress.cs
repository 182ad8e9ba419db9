namespace Atlas.Pipeline;

/// <summary>How far one source has been settled without a gap: what may be committed as the place to resume from.</summary>
/// <remarks>
/// Receipts are opened in reading order by the source's one reader, and settled by anyone in any order; a position counts only when everything before it is settled.
/// The lock covers the queue; the ledger's writer asks with <see cref="TryTakeAdvance"/> inside its transaction.
/// </remarks>
internal sealed class SourceProgress(string source)
{
    private readonly Lock _gate = new();
    private readonly Queue<Receipt> _open = new();
    private readonly Dictionary<string, long> _advanced = [];
    private TaskCompletionSource? _allSettled;

    /// <summary>The source's name in the YAML.</summary>
    public string Source { get; } = source;

    /// <summary>Opens the receipt of the next batch.</summary>
    /// <param name="file">Which file, by an identity that survives renaming; empty for a source without a place to resume from.</param>
    /// <param name="endOffset">The first byte after the batch, in bytes from the start of the file.</param>
    public Receipt Open(string file, long endOffset)
    {
        var receipt = new Receipt(this, file, endOffset);
        lock (_gate)
            _open.Enqueue(receipt);
        return receipt;
    }

    /// <summary>Takes the positions that have advanced since the last call; the caller commits them.</summary>
    public bool TryTakeAdvance(List<(string File, long Offset)> into)
    {
        lock (_gate)
        {
            foreach (var (file, offset) in _advanced)
                into.Add((file, offset));
            _advanced.Clear();
        }

        return into.Count > 0;
    }

    /// <summary>Completes when nothing that was read is on its way any more. Meant for a caller that knows that nothing is being read meanwhile.</summary>
    public Task WhenSettled()
    {
        lock (_gate)
        {
            if (_open.Count == 0)
                return Task.CompletedTask;
            _allSettled ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _allSettled.Task;
        }
    }

    internal void Settled()
    {
        lock (_gate)
        {
            while (_open.TryPeek(out var first) && first.IsSettled)
            {
                _open.Dequeue();
                if (first.File.Length > 0)
                    _advanced[first.File] = first.EndOffset;
            }

            if (_open.Count == 0)
            {
                _allSettled?.SetResult();
                _allSettled = null;
            }
        }
    }
}
