using System.Diagnostics;
using System.Globalization;

namespace Atlas.Pipeline.LoadTests;

/// <summary>Many distinct URLs in one run, part by part: whether the cost of a URL stays what it was. Then a restart, and a start whose dedup index is gone.</summary>
internal static class ScaleBench
{
    private const int Parts = 10;

    /// <param name="folder">For the state; about 165 bytes a URL.</param>
    /// <param name="lines">Distinct URLs.</param>
    /// <param name="memory">The pipeline's <c>memory</c> setting.</param>
    /// <param name="picture">Where the picture goes (SVG).</param>
    /// <param name="keeps">Leaves the state to <see cref="RestartAsync"/>.</param>
    public static async Task RunAsync(string folder, long lines, string memory, string picture, bool keeps)
    {
        var yaml = Pipeline(lines, memory);
        var state = Path.Combine(folder, "scale");
        using var input = new GeneratedStream(lines, Parts);
        using var latency = new Timings();
        var run = await Measured.RunAsync(yaml, state, input);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"scale: {lines:N0} distinct URLs in {run.Seconds:0} s, memory {memory}, balanced {run.Books.Balance}"));

        var points = new List<ScalePoint>();
        Console.WriteLine("| URLs known | M URLs/s | resident MiB | longest wait for the pipeline, ms |\n|---|---|---|---|");
        for (var part = 1; part <= Parts; part++)
        {
            var (from, to) = (input.Marks[part - 1], input.Marks[part]);
            var point = new ScalePoint(part * (lines / Parts), lines / Parts / Stopwatch.GetElapsedTime(from.Timestamp, to.Timestamp).TotalSeconds / 1e6, to.ResidentBytes / 1048576.0);
            points.Add(point);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {point.Urls:N0} | {point.MillionsPerSecond:0.000} | {point.ResidentMiB:0} | {to.LongestWait.TotalMilliseconds:0} |"));
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"the last part costs {points[0].MillionsPerSecond / points[^1].MillionsPerSecond:0.00} times the first"));
        latency.Print();
        await File.WriteAllTextAsync(picture, ScalePicture.Of(points));

        if (keeps)
            return;
        await StartAsync("a restart", yaml, state);
        Directory.Delete(Path.Combine(state, "seen"), recursive: true);
        await StartAsync("a start without its index", yaml, state);
    }

    /// <summary>Starts once on the state of an earlier run, takes in a line that it does not know, and leaves without another word once that line is durable: as a kill would, so that the state stays what it was.</summary>
    /// <param name="folder">Where the run left its state.</param>
    /// <param name="lines">As in that run.</param>
    /// <param name="memory">As in that run.</param>
    public static async Task RestartAsync(string folder, long lines, string memory)
    {
        // What .NET did before the first statement counts too.
        var sinceStart = TimeProvider.System.GetLocalNow() - Process.GetCurrentProcess().StartTime;
        var started = Stopwatch.GetTimestamp();
        using var input = new GeneratedStream(lines: 1, parts: 1, first: Stopwatch.GetTimestamp());
        using var commits = new Timings();
        commits.First += () =>
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"a restart: {(sinceStart + Stopwatch.GetElapsedTime(started, input.Marks[0].Timestamp)).TotalSeconds:0.00} s until the first line is read, {(sinceStart + Stopwatch.GetElapsedTime(started)).TotalSeconds:0.00} s until it is durable"));
            Environment.Exit(0);
        };
        await Measured.RunAsync(Pipeline(lines, memory), Path.Combine(folder, "scale"), input);
    }

    private static string Pipeline(long lines, string memory) => string.Create(CultureInfo.InvariantCulture, $$"""
        name: scale
        memory: "{{memory}}"
        sources: { lines: { type: stdin } }
        stages:
          normalize: { from: lines, parallelism: 2 }
          classify: { from: normalize }
          dedup: { from: classify, expected_urls: {{lines}} }
          buffer: { from: dedup }
        """);

    /// <summary>A start is over when the first line is taken in; the end of the run counts all rows again.</summary>
    private static async Task StartAsync(string what, string yaml, string state)
    {
        using var input = new GeneratedStream(lines: 1, parts: 1);
        var started = Stopwatch.GetTimestamp();
        var run = await Measured.RunAsync(yaml, state, input);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{what}: {Stopwatch.GetElapsedTime(started, input.Marks[0].Timestamp).TotalSeconds:0.0} s until the first line, {run.Seconds:0.0} s until the books are counted again; that line was known {run.Books.Duplicates == 1}, balanced {run.Books.Balance}"));
    }
}

/// <summary>One part of a scale run.</summary>
/// <param name="Urls">Known at its end.</param>
/// <param name="MillionsPerSecond">Its rate.</param>
/// <param name="ResidentMiB">The process's memory at its end.</param>
internal readonly record struct ScalePoint(long Urls, double MillionsPerSecond, double ResidentMiB);
