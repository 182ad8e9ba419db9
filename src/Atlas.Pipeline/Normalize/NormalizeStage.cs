using System.Buffers;
using Atlas.Urls;

namespace Atlas.Pipeline.Normalize;

/// <summary>Gives every row its canonical form, host key and fingerprint. Stateless: calls on different batches may run in parallel.</summary>
internal sealed class NormalizeStage(NormalizeOptions options) : IBatchStage
{
    private readonly Canonicalizer _canonicalizer = new(options.Rules);

    public bool NeverWaits => true;

    public ValueTask ProcessAsync(UrlBatch batch)
    {
        foreach (ref var row in batch.ActiveRows)
        {
            if (row.Fate == Fate.Forward)
                Normalize(batch, ref row);
            if (row.Fate != Fate.Drop)
                batch.FingerprintOf(ref row);
        }

        return ValueTask.CompletedTask;
    }

    private void Normalize(UrlBatch batch, ref UrlRow row)
    {
        var text = batch.TextOf(row);
        var most = Canonicalizer.MaxLength(text.Length);
        var room = batch.Canonical.AsSpan(batch.CanonicalLength);
        if (room.Length >= most)
        {
            Settle(batch, ref row, _canonicalizer.TryCanonicalize(text, room, out var url), url);
            return;
        }

        // A form is rarely longer than its line: the batch grows by what this one needs, not by what it could have needed.
        var aside = ArrayPool<byte>.Shared.Rent(most);
        var error = _canonicalizer.TryCanonicalize(text, aside, out var form);
        if (error == CanonicalizationError.None)
        {
            batch.ReserveCanonical(form.Length);
            aside.AsSpan(0, form.Length).CopyTo(batch.Canonical.AsSpan(batch.CanonicalLength));
        }

        ArrayPool<byte>.Shared.Return(aside);
        Settle(batch, ref row, error, form);
    }

    /// <summary>The form stands behind the others in the batch already.</summary>
    private static void Settle(UrlBatch batch, ref UrlRow row, CanonicalizationError error, in CanonicalUrl url)
    {
        if (error != CanonicalizationError.None)
        {
            row.RejectAsMalformed(error);
            return;
        }

        var start = batch.CanonicalLength;
        row.CanonicalStart = start;
        row.CanonicalLength = url.Length;
        row.HostStart = start + url.HostStart;
        row.HostLength = url.HostLength;
        row.Applied = url.Applied;
        batch.CanonicalLength = start + url.Length;
    }
}
