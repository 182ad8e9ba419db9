using Atlas.Pipeline.Graph;
using Spectre.Console;

namespace Atlas.Pipeline.Host.Reporting;

/// <summary>Shows a run while it goes on: drawn on a terminal, a line every few seconds elsewhere, nothing when quiet.</summary>
internal sealed class ProgressWatch(IAnsiConsole console, TimeProvider time, bool live, bool quiet)
{
    /// <summary>Columns left free at the right: what the terminal echoes of a Ctrl-C must not begin a new line under the drawing.</summary>
    private const int Margin = 5;

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LineEvery = TimeSpan.FromSeconds(5);

    /// <summary>Watches until the run has ended.</summary>
    public Task WatchAsync(Func<RunSnapshot> look, Task run)
    {
        if (quiet)
            return run;
        return live ? DrawAsync(look, run) : PrintAsync(look, run);
    }

    private async Task DrawAsync(Func<RunSnapshot> look, Task run)
    {
        var pace = new Pace();
        await console.Live(new Text(""))
            .AutoClear(true)
            .Overflow(VerticalOverflow.Ellipsis)
            .StartAsync(async display =>
            {
                while (!run.IsCompleted)
                {
                    var now = look();
                    pace.Look(now);
                    var width = console.Profile.Width = Math.Max(Margin, console.Profile.Out.Width - Margin);
                    display.UpdateTarget(LiveProgress.Draw(now, pace, width));
                    await WaitAsync(LookEvery, run);
                }
            });
    }

    private async Task PrintAsync(Func<RunSnapshot> look, Task run)
    {
        var pace = new Pace();
        var shown = time.GetTimestamp();
        while (!run.IsCompleted)
        {
            var now = look();
            pace.Look(now);
            if (time.GetElapsedTime(shown) >= LineEvery)
            {
                shown = time.GetTimestamp();
                console.Profile.Out.Writer.WriteLine(PlainProgress.Line(now, pace));
            }

            await WaitAsync(LookEvery, run);
        }
    }

    private Task<Task> WaitAsync(TimeSpan pause, Task run) => Task.WhenAny(run, Task.Delay(pause, time));
}
