using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Atlas.Pipeline.Discover;

/// <summary>Takes the links out of a document. They go with its item, and become durable in the transaction that records the document. Any number of calls may run at once.</summary>
internal sealed class DiscoverStage : IWorkStage, IDisposable
{
    private static readonly string[] Fates = ["followed", "repeated", "no_document", "nofollow", "out_of_scope", "excluded", "trap", "too_long", "too_many"];

    private readonly DiscoverOptions _options;
    private readonly ConcurrentBag<PageLinks> _idle = [];
    private readonly Meter _meter = new("Atlas.Pipeline");
    private readonly Counter<long> _links;

    public DiscoverStage(DiscoverOptions options)
    {
        _options = options;
        _links = _meter.CreateCounter<long>("atlas.discover.links", "{url}", "Links in documents, by what became of them.");
    }

    public ValueTask<Verdict> ProcessAsync(WorkItem item, CancellationToken abort)
    {
        if (item.Document is { } document && item.Depth < _options.MaxDepth)
        {
            var page = _idle.TryTake(out var idle) ? idle : new PageLinks(_options);
            item.Found = page.Find(item, document);
            Count(page.Fates);
            if (!page.IsOutgrown)
                _idle.Add(page);
        }

        return ValueTask.FromResult(Verdict.Forward(item));
    }

    public void Dispose() => _meter.Dispose();

    private void Count(ReadOnlySpan<long> fates)
    {
        if (!_links.Enabled)
            return;
        for (var fate = 0; fate < fates.Length; fate++)
        {
            if (fates[fate] > 0)
                _links.Add(fates[fate], new KeyValuePair<string, object?>("fate", Fates[fate]));
        }
    }
}
