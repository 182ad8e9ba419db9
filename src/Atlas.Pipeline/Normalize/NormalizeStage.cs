using Atlas.Urls;

namespace Atlas.Pipeline.Normalize;

/// <summary>Gives every row its canonical form, host key and content id. Stateless: calls on different batches may run in parallel.</summary>
internal sealed class NormalizeStage(NormalizeOptions options) : IBatchStage
{
    private readonly Canonicalizer _canonicalizer = new(options.Rules);

    public ValueTask ProcessAsync(UrlBatch batch)
    {
        foreach (ref var row in batch.ActiveRows)
        {
            if (row.Fate == Fate.Forward)
                Normalize(batch, ref row);
            else if (row.Fate == Fate.DeadLetter && row.ContentId == UInt128.Zero)
                row.ContentId = ContentId.Of(batch.TextOf(row));
        }

        return ValueTask.CompletedTask;
    }

    private void Normalize(UrlBatch batch, ref UrlRow row)
    {
        var text = batch.TextOf(row);
        batch.ReserveCanonical(Canonicalizer.MaxLength(text.Length));
        var start = batch.CanonicalLength;
        if (_canonicalizer.TryCanonicalize(text, batch.Canonical.AsSpan(start), out var url) != CanonicalizationError.None)
        {
            // Dedup writes one dead letter per distinct line, so a line without a canonical form is known by its bytes.
            row.ContentId = ContentId.Of(text);
            row.Reject(Reason.Malformed);
            return;
        }

        row.CanonicalStart = start;
        row.CanonicalLength = url.Length;
        row.HostStart = start + url.HostStart;
        row.HostLength = url.HostLength;
        batch.CanonicalLength = start + url.Length;
        row.ContentId = ContentId.Of(batch.CanonicalOf(row));
    }
}
