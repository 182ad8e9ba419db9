using System.Text;
using Atlas.Pipeline.Dedup;
using Atlas.Pipeline.Ledger;
using Atlas.Urls;

namespace Atlas.Pipeline.Redirects;

/// <summary>Decides what becomes of an item whose host has sent us elsewhere. Where that is goes through the stages that any line goes through; the item ends as its alias, is asked for again as another spelling of itself, or dies.</summary>
/// <remarks>
/// The alias, the end of the item's lease and the row of a target that is new are one transaction. A target that is known must have its row before its alias is written: else a crash could leave an alias of nothing.
/// Any number of calls may run at once; a few are worked on, since each takes a batch.
/// </remarks>
internal sealed class RedirectTargets(IReadOnlyList<IBatchStage> rules, UrlBatchPool pool, ILedger ledger, string ledgerFile, Seams seams) : IDisposable
{
    /// <summary>Batches taken at once.</summary>
    public const int AtOnce = 8;

    /// <summary>How long the row of a known key may be under way; a batch takes milliseconds.</summary>
    private static readonly TimeSpan LongestWay = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(5);

    private readonly SemaphoreSlim _gate = new(AtOnce, AtOnce);
    private readonly KnownRows _rows = new(ledgerFile);

    /// <summary>The pipeline's own.</summary>
    public required DedupStage Dedup { get; init; }

    /// <summary>What that one asks.</summary>
    public required ISeenStore Seen { get; init; }

    /// <summary>Redirects in a row that may lead to a URL that nobody has named.</summary>
    public int MostRedirects { get; init; } = 5;

    /// <summary>Gives a target that is new its level.</summary>
    public Action<UrlBatch> Weigh { get; init; } = _ => { };

    /// <summary>How many links away from the lines a target counts.</summary>
    public Func<WorkItem, string, byte> DepthOf { get; init; } = (item, _) => item.Depth;

    /// <summary>Settles a leased item.</summary>
    /// <returns>What is to be asked for in its place; null when it has come to its end.</returns>
    public async Task<WorkItem?> SettleAsync(WorkItem item)
    {
        var url = item.RedirectsTo!.AbsoluteUri;
        item.RedirectsTo = null;
        await _gate.WaitAsync();
        try
        {
            // What fails below ends the run: then the batch keeps its place among those decided, so that no checkpoint is taken with its key.
            var batch = pool.Rent();
            var (next, end) = await DecideAsync(item, url, batch);
            batch.Release();
            if (end.Reason != Reason.None)
                await ledger.DeadLetterAsync(item, end.Reason, end.Detail);
            return next;
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose()
    {
        _gate.Dispose();
        _rows.Dispose();
    }

    private async ValueTask<(WorkItem? Next, (Reason Reason, string Detail) End)> DecideAsync(WorkItem item, string url, UrlBatch batch)
    {
        if (!TryFill(batch, item, url))
            return (null, (Reason.RedirectRefused, $"It redirects to a URL of more than {UrlBatch.TextCapacity / 2} bytes."));
        foreach (var rule in rules)
            await rule.ProcessAsync(batch);
        if (RefusalOf(batch) is { } refusal)
            return (null, (Reason.RedirectRefused, $"It redirects to {url}, which a pipeline refuses: {refusal}."));

        // Whatever had led to a document that is asked for again, it ended there.
        var redirects = item.Redirects + (item.Again is null ? ledger.RedirectsTo(item.Sequence) : 0) + 1;
        var tooMany = (Reason.TooManyRedirects, $"{redirects} redirects in a row, the last to {url}.");
        var id = batch.IdOf(ref batch.Rows[0]);
        if (id == item.ContentId)
            return redirects > MostRedirects ? (null, tooMany) : (await ledger.AskAgainAsync(item, url, HostKey.Of(Encoding.UTF8.GetBytes(url))), default);

        var isKnown = await IsKnownAsync(id);
        if (!isKnown && redirects > MostRedirects)
            return (null, tooMany);
        if (!isKnown)
        {
            await Dedup.ProcessAsync(batch);

            // Somebody else may have been faster. If no row comes of that, the index has a key that the ledger lacks, and the URL would never be fetched.
            isKnown = batch.Rows[0].Fate != Fate.Forward && await IsKnownAsync(id);
        }

        batch.Rows[0].Fate = Fate.Forward;
        Weigh(batch);
        return await ledger.AliasAsync(item, new AliasTarget(id, url), redirects, isKnown ? null : batch)
            ? default
            : (null, (Reason.TooManyRedirects, $"It redirects to {url}, which leads back to it."));
    }

    /// <summary>Whether the ledger has a row of that key: it is waited for while it is on its way there.</summary>
    private async ValueTask<bool> IsKnownAsync(UInt128 id)
    {
        for (var start = seams.Time.GetTimestamp(); ; await Task.Delay(BetweenLooks, seams.Time))
        {
            if (_rows.Has(id, AboveOf(id)) is { } has)
                return has;
            if (seams.Time.GetElapsedTime(start) > LongestWay)
                return false;
            await ledger.FlushAsync();
        }
    }

    private long AboveOf(UInt128 id)
    {
        Span<long> above = [ISeenStore.Unknown];
        Seen.Find([SeenKey.OfAdmitted(id)], above);
        return above[0];
    }

    private bool TryFill(UrlBatch batch, WorkItem item, string url)
    {
        if (Encoding.UTF8.GetByteCount(url) > UrlBatch.TextCapacity / 2)
            return false;
        (batch.Source, batch.ReadAt, batch.Count) = (item.Source, seams.Time.GetTimestamp(), 1);
        batch.Rows[0] = new UrlRow { TextLength = Encoding.UTF8.GetBytes(url, batch.Text), Depth = DepthOf(item, url) };
        return true;
    }

    private static string? RefusalOf(UrlBatch batch) => batch.Rows[0] switch
    {
        { Fate: Fate.Forward } => null,
        { Flaw: not CanonicalizationError.None and var flaw } => Encoding.ASCII.GetString(CanonicalizationErrorNames.Of(flaw)),
        var row => row.Reason.Name,
    };
}
