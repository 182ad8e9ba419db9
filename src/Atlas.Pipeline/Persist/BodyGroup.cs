using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Persist;

/// <summary>Bodies that become durable together: one write per run of neighbours, one sync, one transaction.</summary>
/// <remarks>Filled under the lock of <see cref="BodyWriter"/>; after the swap it belongs to the writing thread, which gives it back empty.</remarks>
internal sealed class BodyGroup(int capacityBytes)
{
    private readonly byte[] _buffer = new byte[capacityBytes];
    private readonly List<Run> _runs = [];
    private readonly List<CompletedDocument> _documents = [];
    private int _filled;

    /// <summary>What is recorded when the bodies are durable.</summary>
    public IReadOnlyList<CompletedDocument> Documents => _documents;

    public bool IsEmpty => _documents.Count == 0;

    /// <summary>Nothing more may join: the buffer is full, or one large body has the group to itself.</summary>
    public bool IsFull { get; private set; }

    /// <summary>Where the last body ends; what the ledger is told.</summary>
    public SegmentTail Tail { get; set; }

    /// <summary>Completed when the group is recorded, faulted when it never will be.</summary>
    public TaskCompletionSource Recorded { get; private set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Whether a body can join. A body larger than the buffer goes alone, and is not copied: its owner waits until it is written.</summary>
    public bool HasRoomFor(int length) => !IsFull && (IsEmpty || length <= _buffer.Length - _filled);

    /// <summary>Takes a body and the document it belongs to. A body that is copied is let go at once, so that its buffer serves the next fetch while this group is written.</summary>
    public void Add(CompletedDocument document)
    {
        var (segment, offset, length) = document.Place;
        _documents.Add(document);
        if (length > _buffer.Length)
        {
            _runs.Add(new Run(segment, offset, 0, length, document.Document));
            IsFull = true;
            return;
        }

        document.Document.Body.CopyTo(_buffer.AsSpan(_filled));
        document.Document.ReleaseBody();
        if (_runs.Count > 0 && _runs[^1] is var last && last.Segment == segment && last.Offset + last.Length == offset)
            _runs[^1] = last with { Length = last.Length + length };
        else
            _runs.Add(new Run(segment, offset, _filled, length, Large: null));
        _filled += length;
        IsFull = _filled == _buffer.Length;
    }

    /// <summary>Takes a document whose body lies somewhere already.</summary>
    public void AddStored(CompletedDocument document)
    {
        _documents.Add(document);
        document.Document.ReleaseBody();
    }

    public void WriteTo(SegmentStore store)
    {
        foreach (var run in _runs)
            store.Write(run.Segment, run.Offset, run.Large is { } large ? large.Body : _buffer.AsSpan(run.Start, run.Length));
    }

    /// <summary>Makes the group new. Its documents are not touched: their owners have them back.</summary>
    public void Clear()
    {
        _runs.Clear();
        _documents.Clear();
        _filled = 0;
        IsFull = false;
        Recorded = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private readonly record struct Run(int Segment, long Offset, int Start, int Length, FetchedDocument? Large);
}
