using System.Text.Unicode;
using Atlas.Pipeline.Check;
using Atlas.Pipeline.Classify;
using Atlas.Pipeline.Normalize;
using Atlas.Urls;

namespace Atlas.Pipeline.Migrate;

/// <summary>Gives URLs of rows their keys and verdicts by the pipeline's own stages, batch by batch.</summary>
/// <typeparam name="T">What belongs to a URL and is given back with its verdict.</typeparam>
internal sealed class UrlJudge<T>(KeyRules rules, UrlJudge<T>.Judged judged)
{
    private readonly NormalizeStage _normalize = new(rules.Normalize);
    private readonly ClassifyStage _classify = new(rules.Classify);
    private readonly UrlBatch _batch = new UrlBatchPool().Rent();
    private readonly T[] _about = new T[UrlBatch.MaxRows];
    private int _textEnd;

    /// <summary>Gets each URL's verdict, in the order in which they were added.</summary>
    public delegate void Judged(UrlBatch batch, ref UrlRow row, in T about);

    /// <param name="url">Any bytes; a line longer than lines may be is known by all of it, and only its start is kept.</param>
    /// <param name="about">Is given back.</param>
    public void Add(ReadOnlySpan<byte> url, in T about)
    {
        var isTooLong = UrlLine.IsTooLong(url);
        var kept = UrlLine.KeptOf(url);
        if (_batch.Count == UrlBatch.MaxRows || _textEnd + kept.Length > UrlBatch.TextCapacity)
            Flush();
        kept.CopyTo(_batch.Text.AsSpan(_textEnd));
        _about[_batch.Count] = about;
        ref var row = ref _batch.Rows[_batch.Count++];
        row = new UrlRow { TextStart = _textEnd, TextLength = kept.Length, ContentId = isTooLong ? ContentId.Of(url) : UInt128.Zero };
        _textEnd += kept.Length;
        if (isTooLong)
            row.Reject(Reason.LineTooLong);
        else if (!Utf8.IsValid(kept))
            row.Reject(Reason.NotUtf8);
    }

    /// <summary>Judges what waits.</summary>
    public void Flush()
    {
        // Both decide at once; only dedup waits for anybody.
        _normalize.ProcessAsync(_batch).AsTask().GetAwaiter().GetResult();
        _classify.ProcessAsync(_batch).AsTask().GetAwaiter().GetResult();
        for (var i = 0; i < _batch.Count; i++)
            judged(_batch, ref _batch.Rows[i], _about[i]);
        _batch.Reset();
        _textEnd = 0;
    }
}
