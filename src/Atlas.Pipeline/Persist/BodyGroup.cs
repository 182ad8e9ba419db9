using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Persist;

/// <summary>Bodies that become durable together, and what was said around each: one write per run of neighbours, one sync, one transaction.</summary>
/// <remarks>Filled under the lock of <see cref="BodyWriter"/>; after the swap it belongs to the writing thread, which gives it back empty.</remarks>
internal sealed class BodyGroup(int capacityBytes)
{
    private readonly byte[] _buffer = new byte[capacityBytes];
    private readonly List<WaitingBody> _bodies = [];
    private readonly List<Run> _runs = [];
    private int _filled;

    public bool IsEmpty => _bodies.Count == 0;

    /// <summary>Nothing more may join: the buffer is full, or one large document has the group to itself.</summary>
    public bool IsFull { get; private set; }

    /// <summary>Completed when the group is recorded, faulted when it never will be.</summary>
    public TaskCompletionSource Recorded { get; private set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Whether a document can join. One larger than the buffer goes alone, and is not copied: its owner waits until it is written.</summary>
    public bool HasRoomFor(WaitingBody body) => !IsFull && (IsEmpty || body.OwnLength <= _buffer.Length - _filled);

    /// <summary>Takes a document. What is copied is let go at once, so that its buffer serves the next fetch while this group is written.</summary>
    public void Add(WaitingBody body)
    {
        _bodies.Add(body);
        if (body.OwnLength > _buffer.Length)
        {
            (body.IsCopied, IsFull) = (false, true);
            return;
        }

        body.IsCopied = true;
        if (body.Twin is null)
            body.Start = Copy(body.Document.Body);
        body.ExchangeStart = Copy(body.Document.Exchange.Span);
        body.Document.ReleaseBody();
        IsFull = _filled == _buffer.Length;
    }

    /// <summary>Finds each body its place, the one where the same content lies already or a new one, and writes what is new.</summary>
    /// <returns>What is recorded when the bodies are durable.</returns>
    public IReadOnlyList<CompletedDocument> WriteTo(SegmentStore store, ILedger ledger)
    {
        var documents = new CompletedDocument[_bodies.Count];
        var known = ledger.FindBodies(_bodies.ConvertAll(body => body.Sha256));
        for (var i = 0; i < documents.Length; i++)
        {
            var body = _bodies[i];
            body.Place = body.Twin?.Place ?? known[i] ?? PlaceNew(body, body.Start, body.Length, isExchange: false, store);
            documents[i] = new CompletedDocument(body.Item, body.Document, body.Sha256, body.Place)
            {
                Exchange = PlaceNew(body, body.ExchangeStart, body.ExchangeLength, isExchange: true, store),
            };
        }

        foreach (var run in _runs)
            store.Write(run.Segment, run.Offset, run.BytesIn(_buffer));
        return documents;
    }

    /// <summary>Makes the group new. Its documents are not touched: their owners have them back.</summary>
    public void Clear()
    {
        _bodies.Clear();
        _runs.Clear();
        _filled = 0;
        IsFull = false;
        Recorded = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <returns>Where it begins in the buffer.</returns>
    private int Copy(ReadOnlySpan<byte> bytes)
    {
        var start = _filled;
        bytes.CopyTo(_buffer.AsSpan(start));
        _filled += bytes.Length;
        return start;
    }

    private BodyPlace PlaceNew(WaitingBody body, int start, int length, bool isExchange, SegmentStore store)
    {
        if (length == 0 && isExchange)
            return default;
        var place = store.Reserve(length);
        if (!body.IsCopied)
            _runs.Add(new Run(place.Segment, place.Offset, 0, length, body.Document, isExchange));
        else if (_runs.Count > 0 && _runs[^1] is { Large: null } last && last.Segment == place.Segment && last.Offset + last.Length == place.Offset && last.Start + last.Length == start)
            _runs[^1] = last with { Length = last.Length + length };
        else
            _runs.Add(new Run(place.Segment, place.Offset, start, length, Large: null, isExchange));
        return place;
    }

    /// <summary>Bytes that are written together.</summary>
    /// <param name="Segment">The segment's number.</param>
    /// <param name="Offset">In the segment.</param>
    /// <param name="Start">In the group's buffer.</param>
    /// <param name="Length">Bytes.</param>
    /// <param name="Large">Whose bytes they are, if they were not copied.</param>
    /// <param name="IsExchange">Which of its bytes.</param>
    private readonly record struct Run(int Segment, long Offset, int Start, int Length, FetchedDocument? Large, bool IsExchange)
    {
        public ReadOnlySpan<byte> BytesIn(byte[] buffer) => Large is null ? buffer.AsSpan(Start, Length) : IsExchange ? Large.Exchange.Span : Large.Body;
    }
}
