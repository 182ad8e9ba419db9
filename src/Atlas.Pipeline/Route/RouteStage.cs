namespace Atlas.Pipeline.Route;

/// <summary>Sends every row to exactly one output: the first whose conditions hold, or the main one.</summary>
/// <remarks>Used by one thread at a time. The order of rows is kept within an output.</remarks>
internal sealed class RouteStage
{
    /// <summary>Most outputs beside the main one.</summary>
    public const int MostOutputs = 32;

    private readonly RouteMatch[] _matches;
    private readonly int[][] _taken;
    private readonly int[] _counts;

    public RouteStage(RouteOptions options)
    {
        _matches = [.. options.Outputs];
        Outputs = [null, .. options.Outputs.Select(match => match.Output)];
        _counts = new int[Outputs.Count];
        _taken = new int[Outputs.Count][];
        for (var i = 0; i < _taken.Length; i++)
            _taken[i] = new int[UrlBatch.MaxRows];
    }

    /// <summary>The outputs' names; the first is the main one, which has none.</summary>
    public IReadOnlyList<string?> Outputs { get; }

    /// <summary>Splits a batch. One that goes one way as a whole is handed on as it is; otherwise each output gets a copy of its rows and the original is released.</summary>
    /// <param name="batch">The batch; no longer the caller's.</param>
    /// <param name="into">One place for each of <see cref="Outputs"/>; null where nothing goes.</param>
    public void Split(UrlBatch batch, UrlBatch?[] into)
    {
        Array.Clear(into);
        Array.Clear(_counts);
        for (var i = 0; i < batch.Count; i++)
        {
            var output = OutputOf(batch, batch.Rows[i]);
            _taken[output][_counts[output]++] = i;
        }

        var only = batch.Count == 0 ? 0 : Array.IndexOf(_counts, batch.Count);
        if (only >= 0)
        {
            into[only] = batch;
            return;
        }

        for (var output = 0; output < _counts.Length; output++)
        {
            if (_counts[output] > 0)
                into[output] = batch.Fork(_taken[output].AsSpan(0, _counts[output]));
        }

        batch.Release();
    }

    private int OutputOf(UrlBatch batch, in UrlRow row)
    {
        for (var i = 0; i < _matches.Length; i++)
        {
            if (_matches[i].Matches(batch, row))
                return i + 1;
        }

        return 0;
    }
}
