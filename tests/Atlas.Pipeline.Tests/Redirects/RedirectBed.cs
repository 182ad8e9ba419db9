using System.Text;
using Atlas.Pipeline.Classify;
using Atlas.Pipeline.Dedup;
using Atlas.Pipeline.Ledger;
using Atlas.Pipeline.Normalize;
using Atlas.Pipeline.Redirects;
using Atlas.Pipeline.Tests.Ledger;
using Atlas.Urls;

namespace Atlas.Pipeline.Tests.Redirects;

/// <summary>The stages of a pipeline over a ledger of its own, fed line by line.</summary>
internal sealed class RedirectBed : IAsyncDisposable
{
    private readonly LedgerTestBed _bed = LedgerTestBed.Fresh();
    private readonly InMemorySeenStore _seen = new();
    private readonly UrlBatchPool _pool = new();
    private readonly IBatchStage[] _rules;
    private readonly DedupStage _dedup;
    private RedirectTargets? _targets;

    public RedirectBed(bool foldsWww = false)
    {
        _rules =
        [
            new NormalizeStage(new NormalizeOptions { Rules = new CanonicalizationRules { FoldWww = foldsWww } }),
            new ClassifyStage(new ClassifyOptions { Rules = [new ClassifyRule { Suffix = ".zip"u8.ToArray(), Strategy = ProcessingStrategy.DeadLetter }] }),
        ];
        _dedup = new DedupStage(new DedupOptions(), _seen);
    }

    /// <summary>What no checkpoint may pass.</summary>
    public InFlight TakeDecided() => _dedup.TakeDecided();

    public SqliteLedger Ledger => _bed.Ledger;

    public LedgerTestBed Bed => _bed;

    public RedirectTargets Targets => _targets ??= new RedirectTargets(_rules, _pool, Ledger, StateDirectory.LedgerFileIn(_bed.Directory), new Seams()) { Dedup = _dedup, Seen = _seen, MostRedirects = 2 };

    /// <summary>A line that has come in, and was leased.</summary>
    public async Task<WorkItem> LeasedAsync(string line)
    {
        await Ledger.AdmitAsync(await DecidedAsync(line));
        await Ledger.FlushAsync();
        return await NextAsync();
    }

    /// <summary>A line that has been decided on, and is not in the ledger yet.</summary>
    public async Task<UrlBatch> DecidedAsync(string line)
    {
        var batch = _pool.Rent();
        (batch.Source, batch.Count) = ("lines", 1);
        batch.Rows[0] = new UrlRow { TextLength = Encoding.UTF8.GetBytes(line, batch.Text) };
        foreach (var rule in _rules)
            await rule.ProcessAsync(batch);
        await _dedup.ProcessAsync(batch);
        return batch;
    }

    /// <summary>The next of the backlog, leased.</summary>
    public async Task<WorkItem> NextAsync()
    {
        var item = Assert.Single(await Ledger.TakeFromBacklogAsync(1, LedgerTestBed.Aging));
        await Ledger.ClaimAsync([item]);
        item.Attempt++;
        return item;
    }

    /// <summary>Its host answers with a redirect.</summary>
    public Task<WorkItem?> RedirectAsync(WorkItem item, string target)
    {
        item.RedirectsTo = new Uri(target);
        return Targets.SettleAsync(item);
    }

    /// <summary>What the ledger says of URLs.</summary>
    public string[] StatesOf(params string[] canonical)
    {
        using var lookup = new LedgerLookup(StateDirectory.LedgerFileIn(_bed.Directory));
        var ids = canonical.Select(url => ContentId.Of(Encoding.UTF8.GetBytes(url))).ToArray();
        var rows = lookup.Find(ids);
        return [.. ids.Select(id => rows.GetValueOrDefault(id) is not { } row ? "new" : row.AliasOf is { } target ? $"alias of {target.Url}" : $"{row.State} {row.Reason}".TrimEnd())];
    }

    public async ValueTask DisposeAsync()
    {
        _targets?.Dispose();
        _dedup.Dispose();
        _seen.Dispose();
        await _bed.DisposeAsync();
    }
}
