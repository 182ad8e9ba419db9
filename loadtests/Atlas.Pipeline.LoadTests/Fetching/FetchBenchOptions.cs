using System.Globalization;

namespace Atlas.Pipeline.LoadTests.Fetching;

/// <summary>What is run, and how often. On the command line after the path of atlas, as <c>name=value</c>.</summary>
internal sealed record FetchBenchOptions
{
    public required string Atlas { get; init; }

    /// <summary>Times that each takes its turn without latency.</summary>
    public int Rounds { get; init; } = 3;

    /// <summary>The same with latency.</summary>
    public int LatencyRounds { get; init; } = 3;

    public int Pages { get; init; } = 20_000;

    /// <summary>Names of those who take part; all unless given.</summary>
    public IReadOnlyList<string> Only { get; init; } = [];

    /// <summary>Where the results are written; nowhere unless given.</summary>
    public string? Page { get; init; }

    public static FetchBenchOptions Read(ReadOnlySpan<string> arguments)
    {
        var options = new FetchBenchOptions { Atlas = Path.GetFullPath(arguments[0]) };
        foreach (var argument in arguments[1..])
        {
            var value = argument[(argument.IndexOf('=', StringComparison.Ordinal) + 1)..];
            options = argument[..^value.Length] switch
            {
                "rounds=" => options with { Rounds = int.Parse(value, CultureInfo.InvariantCulture) },
                "latency_rounds=" => options with { LatencyRounds = int.Parse(value, CultureInfo.InvariantCulture) },
                "pages=" => options with { Pages = int.Parse(value, CultureInfo.InvariantCulture) },
                "only=" => options with { Only = value.Split(',', StringSplitOptions.RemoveEmptyEntries) },
                "page=" => options with { Page = value },
                _ => throw new ArgumentException($"'{argument}' is none of rounds=, latency_rounds=, pages=, only=, page=."),
            };
        }

        return options;
    }
}
