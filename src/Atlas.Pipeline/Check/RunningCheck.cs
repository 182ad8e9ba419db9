using Atlas.Pipeline.Dedup;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Check;

/// <summary>Answers for lines in the process that runs their pipeline: the dedup index says whether a key is known and near which row, so nothing but the neighbours of that row is read.</summary>
/// <remarks>Safe on any thread: one call at a time gets in. The index is asked under its own lock, which costs admission what a batch of known keys does.</remarks>
internal sealed class RunningCheck(KeyRules rules, ISeenStore seen, LedgerLookup ledger) : IDisposable
{
    /// <summary>Every line is asked for under two keys: as admitted and as refused.</summary>
    private const int LinesPerCall = UrlBatch.MaxRows / 2;

    private readonly Lock _gate = new();
    private readonly LinesAsked _lines = new(rules);
    private readonly UInt128[] _keys = new UInt128[UrlBatch.MaxRows];
    private readonly long[] _above = new long[UrlBatch.MaxRows];

    /// <summary>What is known of each line, in their order.</summary>
    /// <param name="text">Lines.</param>
    public IReadOnlyList<CheckAnswer> Ask(ReadOnlySpan<byte> text)
    {
        lock (_gate)
        {
            _lines.Append(text);
            _lines.End();
            return [.. _lines.Give().Chunk(LinesPerCall).SelectMany(Answer)];
        }
    }

    public void Dispose()
    {
        _lines.Dispose();
        ledger.Dispose();
    }

    private CheckAnswer[] Answer(AskedLine[] lines)
    {
        for (var i = 0; i < lines.Length; i++)
            (_keys[2 * i], _keys[2 * i + 1]) = (SeenKey.OfAdmitted(lines[i].ContentId), SeenKey.OfRefused(lines[i].ContentId));
        seen.Find(_keys.AsSpan(0, 2 * lines.Length), _above);
        var answers = new CheckAnswer[lines.Length];
        for (var i = 0; i < lines.Length; i++)
        {
            var above = _above[2 * i] != ISeenStore.Unknown ? _above[2 * i] : _above[2 * i + 1];
            answers[i] = lines[i].With(above == ISeenStore.Unknown ? null : ledger.FindNear(lines[i].ContentId, above) ?? LedgerRow.UnderWay);
        }

        return answers;
    }
}
