using System.Diagnostics;
using System.Globalization;

namespace Atlas.Pipeline.LoadTests;

/// <summary>From bytes read to rows durable: what comes in at which rate, how long it takes, and what is allocated.</summary>
internal sealed class AdmissionBench(string folder, int lines, int passes)
{
    private const int Parts = 4;

    public async Task RunAsync()
    {
        var list = Path.Combine(folder, "list");
        await UrlLists.WriteNewAsync(list, lines);
        await ReportAsync("new lines, the program's first", list, "first", 1);
        var clean = await ReportAsync("new lines, then the same again", list, "new", passes);
        await ReportAsync("the same after a restart", list, "new", passes);

        var other = Path.Combine(folder, "other");
        await UrlLists.WriteMixedAsync(other, lines);
        await ReportAsync("a third known, from any time before", other, "mixed", 1);

        var urls = await UrlLists.WritePollutedAsync(other, lines);
        var polluted = await ReportAsync("37 % file://, half of it repeats", other, "polluted", 1);
        var good = polluted * urls / lines;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"    good URLs {good / 1e6:0.000} M/s, {good / clean:0.00} of the rate of the clean list"));

        const string Small = ", recent_keys: 1000, memory_bytes: 4194304";
        await RunAsync(list, "cold", 1, Small);
        await UrlLists.WriteShuffledAsync(other, lines);
        await ReportAsync("known, older than what is in memory, in another order", other, "cold", 1, Small);
        await WriterBench.RunAsync(Path.Combine(folder, "writer"), lines);
    }

    /// <summary>Prints what every pass did, and gives the rate of the first.</summary>
    private async Task<double> ReportAsync(string what, string list, string state, int times, string dedup = "")
    {
        using var input = new PassesStream(list, times, Parts);
        using var latency = new Timings();
        var run = await Measured.RunAsync(Yaml(dedup), Path.Combine(folder, state), input);
        Console.WriteLine($"admission: {what}: balanced {run.Books.Balance}");
        var first = 0.0;
        for (var pass = 0; pass < times; pass++)
        {
            // A pass's first quarter is left out: start, compilation and what the pass before has left.
            var (from, to) = (input.Marks[pass * Parts + 1], input.Marks[(pass + 1) * Parts]);
            var measured = (double)lines * (Parts - 1) / Parts;
            var rate = measured / Stopwatch.GetElapsedTime(from.Timestamp, to.Timestamp).TotalSeconds;
            first = pass == 0 ? rate : first;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"  pass {pass + 1}  {rate / 1e6,8:0.000} M URLs/s  {(to.AllocatedBytes - from.AllocatedBytes) / measured,8:0.0} B allocated per URL"));
        }

        latency.Print();
        return first;
    }

    private Task<Measured> RunAsync(string list, string state, int times, string dedup) =>
        Measured.RunAsync(Yaml(dedup), Path.Combine(folder, state), new PassesStream(list, times, Parts));

    private string Yaml(string dedup) => string.Create(CultureInfo.InvariantCulture, $$"""
        name: bench
        sources: { lines: { type: stdin } }
        stages:
          normalize: { from: lines, parallelism: 2 }
          classify: { from: normalize }
          dedup: { from: classify, expected_urls: {{Math.Max(1, lines)}}{{dedup}} }
          buffer: { from: dedup }
        """);
}
