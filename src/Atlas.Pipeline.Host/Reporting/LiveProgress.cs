using Atlas.Pipeline.Graph;
using Atlas.Pipeline.Pressure;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Atlas.Pipeline.Host.Reporting;

/// <summary>What a terminal shows while a pipeline runs: a row for each stage, the books, and the time left.</summary>
internal static class LiveProgress
{
    /// <summary>Columns below which there are no bars and the books stand on more lines.</summary>
    private const int Wide = 100;

    /// <param name="run">The run now.</param>
    /// <param name="pace">Its rates.</param>
    /// <param name="width">Columns there are. From 75 on, no row is cut below a hundred million.</param>
    public static IRenderable Draw(RunSnapshot run, Pace pace, int width)
    {
        var hasRetries = run.Stages.Any(stage => stage.Retried > 0);
        var table = new Table().Border(TableBorder.Simple);
        table.AddColumn(Column("stage"));
        table.AddColumn(Column("taken").RightAligned());
        table.AddColumn(Column("rate").RightAligned());
        table.AddColumn(Column("dropped").RightAligned());
        if (hasRetries)
            table.AddColumn(Column("retried").RightAligned());
        table.AddColumn(Column("refused").RightAligned());
        table.AddColumn(Column("its queue"));

        var edges = run.Edges.ToDictionary(edge => edge.Stage);
        foreach (var stage in run.Stages)
        {
            List<IRenderable> cells =
            [
                new Text(stage.Name) { Overflow = Overflow.Ellipsis },
                Number(stage.Taken),
                new Text(pace.Of(stage.Name) is > 0 and var rate ? Figures.Rate(rate) : ""),
                Number(stage.Dropped),
                Number(stage.Dead),
                edges.TryGetValue(stage.Name, out var edge) ? Bar(edge, width < Wide ? 0 : 12) : Text.Empty,
            ];
            if (hasRetries)
                cells.Insert(4, Number(stage.Retried));
            table.AddRow(cells);
        }

        return new Rows(Head(run, pace), table, Foot(run, pace, width < Wide ? "\n  " : " "));
    }

    private static TableColumn Column(string header) => new TableColumn(header).NoWrap().Padding(0, 0, 1, 0);

    private static Markup Head(RunSnapshot run, Pace pace)
    {
        var share = run.BytesTotal is > 0 and { } total ? $", {Figures.Share(run.BytesRead, total)} of the input read" : "";
        var end = run.Draining
            ? ", [yellow]draining; Ctrl-C again aborts[/]"
            : run.WaitsForMachine ? ", [yellow]waits for what this machine lacks[/]"
            : run.WaitsForDisk ? ", [yellow]waits for room on the disk[/]"
            : run.Pressure is { Level: >= PressureLevel.High } pressure ? $", [yellow]pressure {pressure.Level.Word()}: {Markup.Escape(pressure.Cause)}[/]"
            : pace.Left() is { } time ? $", about [bold]{Figures.Left(time)}[/] left" : "";
        return new Markup($"[bold]{Markup.Escape(run.Pipeline)}[/] {Figures.Time(run.Elapsed)}{share}{end}");
    }

    private static Markup Foot(RunSnapshot run, Pace pace, string gap)
    {
        var books = run.Books;
        var lines = $"received [bold]{Figures.Count(books.Received)}[/]{Rate(pace.Received)}{gap}= duplicates {Figures.Count(books.Duplicates)} + rejected {Figures.Count(books.Rejected.Values.Sum())} + {(run.HasQueue ? "admitted" : "passed")} {Figures.Count(books.Admitted)}";
        if (!run.HasQueue)
            return new Markup(lines);

        var dead = books.Dead.Values.Sum();
        var buffered = run.Buffered > 0 ? $" ({Figures.Count(run.Buffered)} in the buffer)" : "";
        var admitted = books.AdmittedBefore > 0 ? $"admitted {Figures.Count(books.Admitted + books.AdmittedBefore)} with earlier runs" : "admitted";
        var again = books.Refetches.IsEmpty ? "" : $"\nasked again {Figures.Count(books.Refetches.Taken + books.Refetches.Before)}, {Figures.Count(books.Refetches.Waiting)} of them queued";
        return new Markup(
            $"{lines}\n{admitted} = done [bold green]{Figures.Count(books.Done)}[/]{Rate(pace.Finished)} + dead {(dead > 0 ? $"[red]{Figures.Count(dead)}[/]" : "0")} + leased {Figures.Count(books.Leased)}{gap}+ queued {Figures.Count(books.Queued)}{buffered}{again}");
    }

    private static string Rate(double perSecond) => perSecond > 0 ? $" ({Figures.Rate(perSecond)})" : "";

    private static Text Number(long value) => new(value == 0 ? "" : Figures.Count(value));

    private static Text Bar(EdgeDepth edge, int width)
    {
        var share = edge.Capacity == 0 ? 0 : Math.Clamp((double)edge.Depth / edge.Capacity, 0, 1);
        var full = (int)Math.Round(share * width);
        return new Text(
            $"{new string('█', full)}{new string('·', width - full)} {edge.Depth}/{edge.Capacity}".TrimStart(),
            Style.Parse(share > 0.9 ? "yellow" : "default"));
    }
}
