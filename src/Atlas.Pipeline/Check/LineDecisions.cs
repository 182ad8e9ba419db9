using System.Text;
using Atlas.Pipeline.Classify;
using Atlas.Pipeline.Normalize;

namespace Atlas.Pipeline.Check;

/// <summary>Has batches decided by the pipeline's own stages, up to the point where dedup would decide.</summary>
internal sealed class LineDecisions(KeyRules rules)
{
    private readonly NormalizeStage _normalize = new(rules.Normalize);
    private readonly ClassifyStage _classify = new(rules.Classify);

    /// <summary>What is decided about each row, in their order; the batch is released.</summary>
    public AskedLine[] Decide(UrlBatch batch)
    {
        // Both decide at once; only dedup waits for anybody.
        _normalize.ProcessAsync(batch).AsTask().GetAwaiter().GetResult();
        _classify.ProcessAsync(batch).AsTask().GetAwaiter().GetResult();
        var decided = new AskedLine[batch.Count];
        for (var at = 0; at < decided.Length; at++)
        {
            ref var row = ref batch.Rows[at];
            decided[at] = new AskedLine(Encoding.UTF8.GetString(batch.TextOf(row)), batch.IdOf(ref row), Encoding.UTF8.GetString(batch.CanonicalOf(row)), row.Fate == Fate.Forward ? Reason.None : row.Reason);
        }

        batch.Release();
        return decided;
    }
}
