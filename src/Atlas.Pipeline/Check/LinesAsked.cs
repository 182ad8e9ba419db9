using System.Text;
using Atlas.Pipeline.Classify;
using Atlas.Pipeline.Normalize;
using Atlas.Pipeline.Sources;

namespace Atlas.Pipeline.Check;

/// <summary>Takes lines the way a pipeline takes them, through the same stages, up to the point where dedup would decide. One caller at a time.</summary>
internal sealed class LinesAsked : IDisposable
{
    private readonly NormalizeStage _normalize;
    private readonly ClassifyStage _classify;
    private readonly LineBatcher _lines;
    private readonly List<AskedLine> _taken = [];

    public LinesAsked(KeyRules rules)
    {
        _normalize = new NormalizeStage(rules.Normalize);
        _classify = new ClassifyStage(rules.Classify);
        _lines = new LineBatcher("check", new UrlBatchPool(), new SourceProgress("check"), new Seams());
    }

    /// <summary>Lines taken and not yet given.</summary>
    public int Count => _taken.Count;

    /// <summary>More of the input. Blank lines and comments are skipped, as in a source.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[_lines.Append(bytes)..];
            Take();
        }
    }

    /// <summary>The input ends here.</summary>
    public void End()
    {
        _lines.EndFile();
        Take();
    }

    /// <summary>The lines since the last call, in their order.</summary>
    public IReadOnlyList<AskedLine> Give()
    {
        var given = _taken.ToArray();
        _taken.Clear();
        return given;
    }

    public void Dispose() => _lines.Dispose();

    private void Take()
    {
        if (_lines.Take() is not { } batch)
            return;

        // Both decide at once; only dedup waits for anybody.
        _normalize.ProcessAsync(batch).AsTask().GetAwaiter().GetResult();
        _classify.ProcessAsync(batch).AsTask().GetAwaiter().GetResult();
        foreach (ref var row in batch.ActiveRows)
            _taken.Add(new AskedLine(Encoding.UTF8.GetString(batch.TextOf(row)), batch.IdOf(ref row), Encoding.UTF8.GetString(batch.CanonicalOf(row)), row.Fate == Fate.Forward ? Reason.None : row.Reason));
        batch.Release();
    }
}
