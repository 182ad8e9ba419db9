using Atlas.Pipeline.Sources;

namespace Atlas.Pipeline.Check;

/// <summary>Takes lines the way a pipeline takes them, through the same stages, up to the point where dedup would decide. One caller at a time.</summary>
internal sealed class LinesAsked : IDisposable
{
    private readonly LineDecisions _decisions;
    private readonly LineBatcher _lines;
    private readonly List<AskedLine> _taken = [];

    public LinesAsked(KeyRules rules)
    {
        _decisions = new LineDecisions(rules);
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
        if (_lines.Take() is { } batch)
            _taken.AddRange(_decisions.Decide(batch));
    }
}
