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

    /// <summary>Whether so many bytes can join. More than the buffer holds goes alone, and is not copied: its owner waits until it is written.</summary>
    public bool HasRoomFor(int length) => !IsFull && (IsEmpty || length <= _buffer.Length - _filled);

    /// <summary>Takes a document. What is copied is let go at once, so that its buffer serves the next fetch while this group is written.</summary>
    /// <param name="document">Its places are reserved.</param>
    /// <param name="bodyIsStored">The body lies somewhere already, and only what was said around it is written.</param>
    public void Add(CompletedDocument document, bool bodyIsStored)
    {
        var (body, exchange) = (bodyIsStored ? default : document.Place, document.Exchange);
        _documents.Add(document);
        if (body.Length + exchange.Length > _buffer.Length)
        {
            _runs.Add(new Run(body.Segment, body.Offset, 0, body.Length, document));
            IsFull = true;
            return;
        }

        Copy(body, document.Document.Body);
        Copy(exchange, document.Document.Exchange.Span);
        document.Document.ReleaseBody();
        IsFull = _filled == _buffer.Length;
    }

    public void WriteTo(SegmentStore store)
    {
        foreach (var run in _runs)
        {
            if (run.Length > 0)
                store.Write(run.Segment, run.Offset, run.Large is { } large ? large.Document.Body : _buffer.AsSpan(run.Start, run.Length));
            if (run.Large is { Exchange: { Length: > 0 } exchange } document)
                store.Write(exchange.Segment, exchange.Offset, document.Document.Exchange.Span);
        }
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

    private void Copy(BodyPlace place, ReadOnlySpan<byte> bytes)
    {
        if (place.Length == 0)
            return;
        bytes.CopyTo(_buffer.AsSpan(_filled));
        if (_runs.Count > 0 && _runs[^1] is var last && last.Segment == place.Segment && last.Offset + last.Length == place.Offset)
            _runs[^1] = last with { Length = last.Length + place.Length };
        else
            _runs.Add(new Run(place.Segment, place.Offset, _filled, place.Length, Large: null));
        _filled += place.Length;
    }

    private readonly record struct Run(int Segment, long Offset, int Start, int Length, CompletedDocument? Large);
}
