using Atlas.Pipeline.Graph;
using Atlas.Pipeline.Pressure;

namespace Atlas.Pipeline.Host.Reporting;

/// <summary>One line every few seconds, where there is no terminal to draw on.</summary>
internal static class PlainProgress
{
    public static string Line(RunSnapshot run, Pace pace)
    {
        var books = run.Books;
        var fullest = run.Edges.Where(edge => edge.Capacity > 0).MaxBy(edge => (double)edge.Depth / edge.Capacity);
        var line = $"{Figures.Time(run.Elapsed)}: received {Figures.Count(books.Received)} ({Figures.Rate(pace.Received)}), " +
            $"duplicates {Figures.Count(books.Duplicates)}, rejected {Figures.Count(books.Rejected.Values.Sum())}, ";
        line += run.HasQueue
            ? $"admitted {Figures.Count(books.Admitted)}, queued {Figures.Count(books.Queued + books.Leased)}, done {Figures.Count(books.Done)} ({Figures.Rate(pace.Finished)}), dead {Figures.Count(books.Dead.Values.Sum())}"
            : $"passed {Figures.Count(books.Admitted)}";
        if (!books.Refetches.IsEmpty)
            line += $", asked again {Figures.Count(books.Refetches.Taken + books.Refetches.Before)} ({Figures.Count(books.Refetches.Waiting)} of them queued)";
        if (fullest is { Depth: > 0 })
            line += $"; fullest edge {fullest.Stage} {fullest.Depth}/{fullest.Capacity}";
        if (pace.Left() is { } left)
            line += $"; about {Figures.Left(left)} left";
        if (run.WaitsForDisk)
            line += "; waits for room on the disk";
        if (run.WaitsForMachine)
            line += "; waits for what this machine lacks";
        if (run.Pressure is { Level: not PressureLevel.None } pressure)
            line += $"; pressure {pressure.Level.Word()}: {pressure.Cause}";
        return run.Draining ? line + "; draining" : line;
    }
}
