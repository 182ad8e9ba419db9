using Spectre.Console;

namespace Atlas.Pipeline.Host.Reporting;

/// <summary>Shows how far something is that takes long and is no run: one line that changes on a terminal, one every few seconds elsewhere, nothing when quiet.</summary>
internal sealed class StepWatch(IAnsiConsole console, TimeProvider time, bool live, bool quiet)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LineEvery = TimeSpan.FromSeconds(3);

    /// <summary>Watches until the work has ended, however it ends.</summary>
    public async Task WatchAsync(StepProgress steps, Task work)
    {
        if (quiet)
        {
            await Task.WhenAny(work);
            return;
        }

        var shown = time.GetTimestamp();
        var width = 0;
        while (await Task.WhenAny(work, Task.Delay(LookEvery, time)) != work)
        {
            if (steps.Look() is not { Name.Length: > 0 } step)
                continue;
            if (live)
            {
                // A line of its own length, over the one before it.
                var line = Line(step);
                console.Profile.Out.Writer.Write($"\r{line.PadRight(width)}");
                width = line.Length;
            }
            else if (time.GetElapsedTime(shown) >= LineEvery)
            {
                shown = time.GetTimestamp();
                console.Profile.Out.Writer.WriteLine(Line(step));
            }
        }

        if (width > 0)
            console.Profile.Out.Writer.Write($"\r{new string(' ', width)}\r");
    }

    public static string Line(StepSnapshot step)
    {
        var line = $"{Figures.Time(step.Elapsed)}: {step.Name}";
        if (step.Done > 0)
            line += $", {Figures.Count(step.Done)}{(step.Total > 0 ? $" of {Figures.Count(step.Total)} ({Figures.Share(Math.Min(step.Done, step.Total), step.Total)})" : "")}, {Figures.Rate(step.PerSecond)}";
        return step.Left is { } left ? $"{line}; about {Figures.Left(left)} left" : line;
    }
}
