namespace Atlas.Pipeline.Ledger;

/// <summary>The durable truth about every URL: what was received, admitted, leased, done and dead. One writer, group commit, acknowledgement after the commit.</summary>
/// <remarks>
/// States of an admitted URL: <c>queued -> leased(attempt + 1) -> done | queued(due) | queued(as before) | dead(reason)</c>. Every edge is one compare-and-set.
/// What is done may be taken up again; it stays done meanwhile, and every end of that leads back there.
/// All methods may be called from any thread. A failed commit is final: <see cref="Failure"/> faults, and so does every later call.
/// </remarks>
internal interface ILedger : IAsyncDisposable
{
    /// <summary>The name it was made with, by which what lies beside it is known to be its own; empty for a ledger that keeps nothing.</summary>
    string Id => "";

    /// <summary>Faults when a commit failed; never completes otherwise. Whoever runs the pipeline stops it then.</summary>
    Task Failure { get; }

    /// <summary>Hands a decided batch to the writer; waits while its queue is full. Rows to forward are admitted, dead letters recorded, duplicates counted, the source's offset stored: one transaction. The ledger releases the batch after the commit, or at once when nothing of it but counts is written: then nobody waits for it.</summary>
    ValueTask AdmitAsync(UrlBatch batch, CancellationToken abort = default);

    /// <summary>Moves up to <paramref name="most"/> admitted URLs from the backlog into the buffer's hands (state queued, kept across a crash of the process; a power failure may put them back), the most urgent first: those of one class in the order of admission.</summary>
    /// <param name="most">Items, from 1.</param>
    /// <param name="aging">Waiting time since admission that is worth one class.</param>
    Task<IReadOnlyList<WorkItem>> TakeFromBacklogAsync(int most, TimeSpan aging);

    /// <summary>Reads again what was taken before and is queued still, in the order asked for: its cost does not grow with the queue.</summary>
    /// <exception cref="LedgerException">One of them is not there: nobody else takes them away.</exception>
    IReadOnlyList<WorkItem> FindTaken(IReadOnlyList<TakenRow> rows);

    /// <summary>What earlier runs had taken from the backlog or leased and not finished: queued again. A lease that its process did not live to end has its attempt back and is counted in <see cref="WorkItem.Lost"/>. Each is given once; none when there are no more.</summary>
    /// <param name="most">Items at a time, from 1: the writer does nothing else meanwhile.</param>
    Task<IReadOnlyList<WorkItem>> TakeUnfinishedAsync(int most);

    /// <summary>Admitted URLs that are still in the backlog: what <see cref="TakeFromBacklogAsync"/> can give.</summary>
    long Backlog { get; }

    /// <summary>Raised after a commit that admitted URLs, on the writer's thread: handlers only set a signal.</summary>
    event Action? Admitted;

    /// <summary>Leases items: their attempt is counted when the task completes, and outlives the process. A power failure may take the lease back, unless an outcome was recorded after it: then the item is queued as before and fetched again.</summary>
    Task ClaimAsync(IReadOnlyList<WorkItem> items);

    /// <summary>Queues a leased item of which nothing was decided, as if it had never been claimed.</summary>
    Task ReleaseAsync(WorkItem item);

    /// <summary>Records a leased item's document as done, together with where its body lies. Where it was asked for again it replaces the one before, which becomes a version. False if the URL was recorded already (counted as <c>dedup_authority_caught</c>).</summary>
    Task<bool> CompleteAsync(CompletedDocument done);

    /// <summary>Records many at once, in one transaction; what persist calls after syncing a group of bodies. Overtakes what waits for the writer; groups stay in their order.</summary>
    /// <param name="group">The documents.</param>
    /// <param name="tail">Where the bodies end.</param>
    /// <param name="committed">Runs on the writer's thread as soon as they are durable.</param>
    Task CompleteAsync(IReadOnlyList<CompletedDocument> group, SegmentTail tail, Action? committed = null);

    /// <summary>Puts a leased item back, due later. An attempt that the host's wish cut short is given back. The process has outlived the fetch, so earlier losses are forgotten.</summary>
    Task RetryAsync(WorkItem item, Reason reason, string detail, DateTimeOffset dueAt, bool countsAsAttempt);

    /// <summary>Moves up to <paramref name="most"/> documents, those first that were checked longest ago, into the buffer's hands to be asked for again (<see cref="WorkItem.Again"/>). Whatever comes of it, by the calls that end any lease or by <see cref="ConfirmAsync"/>, they stay recorded. As <see cref="TakeFromBacklogAsync"/> it outlives the process, and a power failure may undo it.</summary>
    /// <param name="most">Items, from 1.</param>
    /// <param name="checkedUntil">What was fetched or checked later is left alone.</param>
    Task<IReadOnlyList<WorkItem>> TakeAgainAsync(int most, DateTimeOffset checkedUntil) => throw new NotSupportedException();

    /// <summary>When the document that comes next was fetched or checked; null when there is none, or all are being asked for.</summary>
    DateTimeOffset? OldestCheck() => null;

    /// <summary>Ends the lease of a document that is what it was. A power failure may undo that; then its host is asked once more.</summary>
    Task ConfirmAsync(WorkItem item, Confirmation confirmed) => throw new NotSupportedException();

    /// <summary>Gives a leased item up. One whose document was asked for again stays done, with the reason and the time beside it.</summary>
    Task DeadLetterAsync(WorkItem item, Reason reason, string detail);

    /// <summary>Queues a leased item again, to be asked for at another spelling of its resource: no attempt is used. A power failure may take that back; then the first spelling is asked again. Gives the item as it is then.</summary>
    Task<WorkItem> AskAgainAsync(WorkItem item, string url, string hostKey) => throw new NotSupportedException();

    /// <summary>Records a leased item as an alias of another URL, and admits that one where it is new: one transaction. One whose document was asked for again becomes no alias: it stays done, as <c>moved</c>. False, and nothing is changed, when the other one is itself an alias of the item, directly or by way of others.</summary>
    /// <param name="item">The leased item.</param>
    /// <param name="target">Where its host has sent us.</param>
    /// <param name="redirects">How many redirects in a row have led there.</param>
    /// <param name="admits">The target as a batch of one row that is decided to go forward; null if the target has a row. It stays the caller's.</param>
    Task<bool> AliasAsync(WorkItem item, AliasTarget target, int redirects, UrlBatch? admits) => throw new NotSupportedException();

    /// <summary>How many redirects in a row have led to a row; 0 for one that was a line.</summary>
    int RedirectsTo(long sequence) => 0;

    /// <summary>What earlier runs have learned about hosts.</summary>
    IReadOnlyList<HostRecord> Hosts() => [];

    /// <summary>Stores what was learned about some hosts; one of which nothing is worth storing is forgotten.</summary>
    Task SaveHostsAsync(IReadOnlyList<HostRecord> hosts) => Task.CompletedTask;

    /// <summary>Looks whether the state is still this process's alone: before something beside the ledger is written over.</summary>
    /// <exception cref="StateInUseException">It may not be.</exception>
    void ThrowIfTaken()
    {
    }

    /// <summary>Completes when everything handed in before is durable.</summary>
    Task FlushAsync();

    /// <summary>The books as committed: this run's intake and the state of all that was ever admitted.</summary>
    Books Books { get; }

    /// <summary>The hosts with the most duplicates in this run; none where nobody counts them.</summary>
    WorstHosts WorstHosts(int most) => Ledger.WorstHosts.None;

    /// <summary>Counts the rows themselves instead of trusting the counters. May take seconds on a large ledger; call it on a quiet one.</summary>
    Task<BooksAudit> AuditAsync();

    /// <summary>The place to resume a source's file from, in bytes; 0 if it is not known.</summary>
    long ResumeOffset(string source, string file);

    /// <summary>Where the links end that recorded documents brought, in bytes: they are kept as a file would be that only grows, and are durable in the transaction that records their document.</summary>
    long FoundEnd => 0;

    /// <summary>Raised after a commit that moved <see cref="FoundEnd"/>, on the writer's thread: handlers only set a signal.</summary>
    event Action? Found
    {
        add { }
        remove { }
    }

    /// <summary>Lines of that file from a place on, of one document; null at its end.</summary>
    FoundChunk? ReadFound(long from) => null;

    /// <summary>Lets go of what stands before a place; nobody will read it again.</summary>
    Task ForgetFoundAsync(long before) => Task.CompletedTask;

    /// <summary>Refused lines of a replay that nothing was decided about yet, in the order of their letters.</summary>
    /// <param name="replay">The replay.</param>
    /// <param name="after">The last letter that was read; 0 at the beginning.</param>
    /// <param name="most">Lines, from 1.</param>
    IReadOnlyList<ReplayedLine> ReadReplayed(long replay, long after, int most) => throw new NotSupportedException();

    /// <summary>The hosts that an operator held back when the ledger was opened, as in canonical URLs.</summary>
    IReadOnlySet<string> HeldHosts() => new HashSet<string>();

    /// <summary>Queues URLs of a replay again that were given up, as if they had never been tried; the next opening of the ledger hands them out. Gives how many; 0 when none is left.</summary>
    Task<int> ReviveAsync(long replay, int most) => throw new NotSupportedException();

    /// <summary>The writer takes the positions of this source into its transactions.</summary>
    void Follow(SourceProgress progress);

    /// <summary>The highest sequence number that is durable.</summary>
    long LastSequence { get; }

    /// <summary>Hands out the dedup keys of all rows above a sequence number, in chunks: admitted URLs and refused lines alike (see <see cref="SeenKey"/>). With each chunk goes a number that all its rows stand above, by no more than <see cref="KeySpread"/>.</summary>
    void ScanSeenKeys(long aboveSequence, Action<ReadOnlySpan<UInt128>, long> visit);

    /// <summary>How far apart the rows of a chunk of keys may stand.</summary>
    const long KeySpread = 16_384;

    /// <summary>What was recorded with the last good checkpoint of the dedup index, or null.</summary>
    SeenCheckpoint? LastSeenCheckpoint { get; }

    /// <summary>Records a checkpoint of the dedup index, ahead of what waits for the writer. Called when every row is committed whose key may be in it.</summary>
    Task RecordSeenCheckpointAsync(SeenCheckpoint checkpoint);

    /// <summary>Looks up where bodies lie that are recorded already, those of earlier versions included.</summary>
    /// <param name="sha256">32 bytes each.</param>
    /// <returns>As many, in the same order; null where no document has such a body.</returns>
    BodyPlace?[] FindBodies(IReadOnlyList<byte[]> sha256);

    /// <summary>Where the last durable body ends, to go on writing from.</summary>
    SegmentTail BodiesTail { get; }
}

/// <summary>A fetched and stored document, ready to be recorded.</summary>
/// <param name="Item">The leased item.</param>
/// <param name="Document">What was fetched; its body may be given back already.</param>
/// <param name="BodySha256">SHA-256 of the decoded body, 32 bytes.</param>
/// <param name="Place">Where the body lies.</param>
internal sealed record CompletedDocument(WorkItem Item, FetchedDocument Document, byte[] BodySha256, BodyPlace Place)
{
    /// <summary>Where the document's <see cref="HttpExchange"/> lies; of length 0 if there is none.</summary>
    public BodyPlace Exchange { get; init; }
}

/// <summary>A refused line that is to be decided on again.</summary>
/// <param name="Letter">The ledger's number of it.</param>
/// <param name="Source">The source's name.</param>
/// <param name="Line">As received; the beginning of one that was too long.</param>
/// <param name="Refusal">What was decided.</param>
internal sealed record ReplayedLine(long Letter, string Source, byte[] Line, PackedRefusal Refusal);

/// <summary>What a URL is an alias of.</summary>
/// <param name="ContentId">The target's key.</param>
/// <param name="Url">As the host gave it, made absolute.</param>
internal sealed record AliasTarget(UInt128 ContentId, string Url);

/// <summary>Where a body lies.</summary>
/// <param name="Segment">The number of the segment file, from 1.</param>
/// <param name="Offset">The body's first byte, in bytes from the start of the file.</param>
/// <param name="Length">Bytes.</param>
internal readonly record struct BodyPlace(int Segment, long Offset, int Length);

/// <summary>Where the written part of the newest segment ends.</summary>
/// <param name="Segment">The number of the segment file, from 1; 0 when there is none.</param>
/// <param name="End">The first free byte.</param>
internal readonly record struct SegmentTail(int Segment, long End);

/// <summary>A checkpoint of the dedup index, as the ledger remembers it.</summary>
/// <param name="Token">The index's own name for it.</param>
/// <param name="HighWater">Every row up to this sequence number is in the index.</param>
/// <param name="Manifest">File names, sizes and hashes; the index's own format.</param>
internal sealed record SeenCheckpoint(string Token, long HighWater, string Manifest);
