using System.Diagnostics;
using System.Globalization;
using System.Text;
using Atlas.ScriptedWeb;

namespace Atlas.Pipeline.AcceptanceTests.Hostile;

/// <summary>One run of the program on a hostile web, fed with new pages of each kind of host faster than politeness lets it ask, until the time is over and it is told to drain.</summary>
/// <param name="Ended">How it ended.</param>
/// <param name="GoodPerSecond">Pages of good hosts asked for in a second, from the end of the warm-up until the feed ended.</param>
/// <param name="FirstHalfPeak">The most resident memory in the first half, in bytes.</param>
/// <param name="SecondHalfPeak">The same of the second half.</param>
internal sealed record HostileRun(ProgramResult Ended, double GoodPerSecond, long FirstHalfPeak, long SecondHalfPeak)
{
    /// <summary>Hosts of each kind: good, faulty, silent and refusing, the last two together a third.</summary>
    private const int HostsPerThird = 60;

    private const int DelayMilliseconds = 200;
    private const int TicksPerSecond = 6;

    /// <summary>Good pages a second that politeness allows.</summary>
    public static double MostPerSecond => HostsPerThird * 1_000.0 / DelayMilliseconds;

    /// <summary>Runs once, on a state directory of its own.</summary>
    /// <param name="folder">Where the state goes.</param>
    /// <param name="site">Its counts are of this run alone if the site is new.</param>
    /// <param name="time">How long it is fed.</param>
    /// <param name="onlyGood">Whether it is left undisturbed.</param>
    public static async Task<HostileRun> RunAsync(string folder, HostileSite site, TimeSpan time, bool onlyGood)
    {
        using var program = AtlasProgram.Start(folder, Arguments(Path.Combine(folder, onlyGood ? "undisturbed" : "hostile"), site));
        var clock = Stopwatch.StartNew();
        var warm = TimeSpan.FromSeconds(Math.Min(15, time.TotalSeconds / 4));
        var warmAt = TimeSpan.Zero;
        long atWarm = 0;
        var peaks = new long[2];
        for (var tick = 0; clock.Elapsed < time && !program.HasExited; tick++)
        {
            await program.WriteAsync(Lines(site, tick, onlyGood));
            if (warmAt == TimeSpan.Zero && clock.Elapsed >= warm)
                (warmAt, atWarm) = (clock.Elapsed, site.Good.Total);
            var half = clock.Elapsed < time / 2 ? 0 : 1;
            peaks[half] = Math.Max(peaks[half], Resident(program));
            var next = TimeSpan.FromSeconds((tick + 1.0) / TicksPerSecond) - clock.Elapsed;
            if (next > TimeSpan.Zero)
                await Task.Delay(next, TestContext.Current.CancellationToken);
        }

        var rate = (site.Good.Total - atWarm) / (clock.Elapsed - warmAt).TotalSeconds;
        program.Signal("TERM");
        var ended = await program.WaitAsync();
        return new HostileRun(ended, rate, peaks[0], peaks[1]);
    }

    private static string Lines(HostileSite site, int page, bool onlyGood)
    {
        var lines = new StringBuilder();
        for (var host = 0; host < HostsPerThird; host++)
        {
            lines.Append(site.Url(HostileKind.Good, host, page)).Append('\n');
            if (onlyGood)
                continue;
            lines.Append(site.Url(HostileKind.Faulty, host, page)).Append('\n');
            lines.Append(site.Url(host % 2 == 0 ? HostileKind.Silent : HostileKind.Refusing, host, page)).Append('\n');
        }

        return lines.ToString();
    }

    private static long Resident(AtlasProgram program)
    {
        const string Label = "VmRSS:";
        try
        {
            var line = File.ReadLines($"/proc/{program.Id}/status").FirstOrDefault(line => line.StartsWith(Label, StringComparison.Ordinal));
            return line is null ? 0 : long.Parse(line[Label.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture) * 1024;
        }
        catch (IOException)
        {
            // It has just ended.
            return 0;
        }
    }

    /// <summary>Every bound is small, so that ten minutes see all of them reached; queues and caches are small, so that they are full early.</summary>
    private static string[] Arguments(string state, HostileSite site) =>
    [
        "run", Workbench.Shipped("crawl.yaml"), "--state", state, "--report", "-",
        .. new[]
        {
            "stages.fetch.allow_networks=[127.0.0.0/8]",
            string.Create(CultureInfo.InvariantCulture, $"stages.fetch.allow_ports=[{site.Port}, {site.DeafPort}]"),
            string.Create(CultureInfo.InvariantCulture, $"stages.fetch.per_host_delay_ms={DelayMilliseconds}"),
            "stages.fetch.concurrency=256",
            "stages.fetch.timeout_ms=4000",
            "stages.fetch.connect_timeout_ms=1000",
            "stages.fetch.headers_timeout_ms=1000",
            "stages.fetch.idle_timeout_ms=1000",
            "stages.fetch.max_body_bytes=2097152",
            "stages.fetch.breaker_open_ms=1000",
            "stages.fetch.breaker_open_max_ms=8000",
            "stages.buffer.capacity=5000",
            "stages.buffer.per_host_capacity=25",
            "stages.dedup.expected_urls=2000000",
            "stages.dedup.recent_keys=65536",
            "stages.dedup.memory_bytes=8388608",
            "drain_deadline_ms=15000",
        }.SelectMany(setting => new[] { "--set", setting }),
    ];
}
