using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Atlas.Pipeline;

/// <summary>Exceptions that nobody expected, counted by their type. Each is a flaw in this program or a failure that has no name yet: an alarm should be set on any.</summary>
/// <remarks>Any thread may call. The first of a type is logged with all it says, then every thousandth.</remarks>
internal sealed partial class UnexpectedErrors(Seams seams)
{
    /// <summary>Types that are counted by name; the rest as <c>other</c>, so that the metric's tags stay few.</summary>
    private const int MostTypes = 32;
    private const int LoggedEvery = 1_000;

    private readonly ConcurrentDictionary<string, long> _counts = new(StringComparer.Ordinal);
    private readonly ILogger _log = seams.Logs.CreateLogger("Atlas.Pipeline");

    /// <summary>How many of each type, by its name.</summary>
    public IReadOnlyDictionary<string, long> Counts => _counts;

    public void Note(Exception error)
    {
        var type = error.GetType().Name;
        if (_counts.Count >= MostTypes && !_counts.ContainsKey(type))
            type = "other";
        var count = _counts.AddOrUpdate(type, 1, static (_, before) => before + 1);
        if (count == 1 || count % LoggedEvery == 0)
            LogUnexpected(error, type, count);
    }

    [LoggerMessage(100, LogLevel.Error, "An error that nobody expected, {Type}, {Count} so far: the URL is tried again. Please report it.")]
    private partial void LogUnexpected(Exception error, string type, long count);
}
