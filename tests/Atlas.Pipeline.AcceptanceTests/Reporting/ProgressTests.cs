using Atlas.Pipeline.Graph;
using Atlas.Pipeline.Host.Reporting;
using Atlas.Pipeline.Ledger;
using Spectre.Console;

namespace Atlas.Pipeline.AcceptanceTests.Reporting;

/// <summary>What is shown while a pipeline runs.</summary>
public sealed class ProgressTests
{
    [Theory]
    [InlineData(75)]
    [InlineData(115)]
    public void Every_stage_has_one_line_and_none_is_cut_or_wrapped(int width)
    {
        var meters = Meters();
        var pace = new Pace();
        pace.Look(Snapshot(meters, seconds: 1, received: 0));
        meters[1].Count(taken: 99_999_999, forwarded: 90_000_000, dropped: 0, dead: 9_999_999, busyTicks: 0);
        meters[2].Count(Fate.Retry, busyTicks: 0);
        var now = Snapshot(meters, seconds: 2, received: 99_999_999);
        pace.Look(now);

        var lines = Drawn(now, pace, width);

        Assert.All(lines, line => Assert.InRange(line.Length, 0, width));
        foreach (var name in new[] { "lines", "classify", "fetch" })
            Assert.Single(lines, line => line.TrimStart().StartsWith(name, StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains("99,999,999", StringComparison.Ordinal) && line.Contains(" 9,999,999", StringComparison.Ordinal) && line.Contains("3/8", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains("119/136", StringComparison.Ordinal));
    }

    [Fact]
    public void A_rate_is_gone_three_seconds_after_the_last_line()
    {
        var meters = Meters();
        var pace = new Pace();
        for (var look = 0; look <= 20; look++)
            pace.Look(Snapshot(meters, seconds: look / 2.0, received: 1_000 * Math.Min(look, 10)));

        Assert.Equal(0, pace.Received);
    }

    [Fact]
    public void The_time_left_is_that_of_the_work_the_input_will_have_become()
    {
        var pace = new Pace();
        pace.Look(Snapshot([], seconds: 0, received: 0));
        pace.Look(Snapshot([], seconds: 1, received: 100, admitted: 100, done: 10) with { BytesRead = 500, BytesTotal = 1_000 });

        // Half is read, so 200 will be admitted; 190 of them are left, at 10 a second.
        Assert.Equal(TimeSpan.FromSeconds(19), pace.Left());
    }

    private static StageMeter[] Meters() => [new("lines", "stdin"), new("classify", "classify"), new("fetch", "fetch"), new("buffer", "buffer")];

    private static RunSnapshot Snapshot(IReadOnlyList<StageMeter> meters, double seconds, long received, long admitted = 0, long done = 0) => new()
    {
        Pipeline = "demo",
        Elapsed = TimeSpan.FromSeconds(seconds),
        Stages = meters,
        Edges = [new EdgeDepth("classify", 3, 8), new EdgeDepth("fetch", 119, 136)],
        Books = new Books { Received = received, Admitted = admitted, Done = done },
        Buffered = 10_000,
    };

    private static List<string> Drawn(RunSnapshot run, Pace pace, int width)
    {
        using var text = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(text) });
        console.Profile.Width = width;
        console.Write(LiveProgress.Draw(run, pace, width));
        return text.ToString().Split('\n').Select(line => line.TrimEnd()).ToList();
    }
}
