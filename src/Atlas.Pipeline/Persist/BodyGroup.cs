using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Persist;

/// <summary>Bodies that become durable together: one write per run of neighbours, one sync, one transaction.</summary>
/// <remarks>Filled under the lock of <see cref="BodyWriter"/>; after the swap it belongs to the writing thread, which gives it back empty.</remarks>
internal sealed class BodyGroup(int capacityBytes)
{
    private readonly byte[] _buffer = new byte[capacityBytes];
    private readonly List<WaitingBody> _bodies = [];
    private readonly List<Run> _runs = [];
    private int _filled;

    public bool IsEmpty => _bodies.Count == 0;

    /// <summary>Nothing more may join: the buffer is full, or one large body has the group to itself.</summary>
    public bool IsFull { get; private set; }

    /// <summary>Completed when the group is recorded, faulted when it never will be.</summary>
    public TaskCompletionSource Recorded { get; private set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Whether a body can join. A body larger than the buffer goes alone, and is not copied: its owner waits until it is written.</summary>
    public bool HasRoomFor(int length) => !IsFull && (IsEmpty || length <= _buffer.Length - _filled);

    /// <summary>Takes a document with its body. A body that is copied is let go at once, so that its buffer serves the next fetch while this group is written.</summary>
    public void Add(WaitingBody body)
    {
        _bodies.Add(body);
        if (body.Length > _buffer.Length)
        {
            IsFull = true;
            return;
        }

        body.Start = _filled;
        body.Document.Body.CopyTo(_buffer.AsSpan(_filled));
        body.Document.ReleaseBody();
        _filled += body.Length;
        IsFull = _filled == _buffer.Length;
    }

    /// <summary>Takes a document whose body is another one's that joined before.</summary>
    public void AddTwin(WaitingBody body)
    {
        _bodies.Add(body);
        body.Document.ReleaseBody();
    }

    /// <summary>Finds each body its place, the one where the same content lies already or a new one, and writes what is new.</summary>
    /// <returns>What is recorded when the bodies are durable.</returns>
    public IReadOnlyList<CompletedDocument> WriteTo(SegmentStore store, ILedger ledger)
    {
        var documents = new CompletedDocument[_bodies.Count];
        for (var i = 0; i < documents.Length; i++)
        {
            var body = _bodies[i];
            body.Place = body.Twin?.Place ?? (ledger.TryFindBody(body.Sha256, out var known) ? known : PlaceNew(body, store));
            documents[i] = new CompletedDocument(body.Item, body.Document, body.Sha256, body.Place);
        }

        foreach (var run in _runs)
            store.Write(run.Segment, run.Offset, run.Large is { } large ? large.Body : _buffer.AsSpan(run.Start, run.Length));
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

    private BodyPlace PlaceNew(WaitingBody body, SegmentStore store)
    {
        var place = store.Reserve(body.Length);
        if (body.Length > _buffer.Length)
            _runs.Add(new Run(place.Segment, place.Offset, 0, body.Length, body.Document));
        else if (_runs.Count > 0 && _runs[^1] is { Large: null } last && last.Segment == place.Segment && last.Offset + last.Length == place.Offset && last.Start + last.Length == body.Start)
            _runs[^1] = last with { Length = last.Length + body.Length };
        else
            _runs.Add(new Run(place.Segment, place.Offset, body.Start, body.Length, Large: null));
        return place;
    }

    private readonly record struct Run(int Segment, long Offset, int Start, int Length, FetchedDocument? Large);
}
