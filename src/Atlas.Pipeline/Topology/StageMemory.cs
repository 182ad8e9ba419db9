namespace Atlas.Pipeline.Topology;

/// <summary>How a kind of stage lives with the memory it is given.</summary>
/// <param name="Fit">Its options, with what the user has not set made to fit into so many bytes, or as small as it goes; told whether there is a ledger.</param>
/// <param name="Parts">What it holds at most with these options, by part; one without a name for the whole stage.</param>
/// <param name="Advice">A setting and a value with which it would fit into so many bytes, as <c>expected_urls to at most 5</c>; null when there is none.</param>
internal sealed record StageMemory(
    Func<object, bool, long, object> Fit,
    Func<object, bool, IReadOnlyList<(string Part, long Bytes)>> Parts,
    Func<object, bool, long, string?> Advice);
