using Atlas.Pipeline.Graph;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Atlas.Pipeline.Host.Reporting;

/// <summary>What a terminal shows while a pipeline runs: a row for each stage, the books, and the time left.</summary>
internal static class LiveProgress
{
    private const int BarWidth = 12;

    public static IRenderable Draw(RunSnapshot run, Pace pace)
    {
        var table = new Table().Border(TableBorder.Simple).Expand();
        table.AddColumn("stage");
        table.AddColumn(new TableColumn("taken").RightAligned());
        table.AddColumn(new TableColumn("rate").RightAligned());
        table.AddColumn(new TableColumn("dropped").RightAligned());
        table.AddColumn(new TableColumn("retried").RightAligned());
        table.AddColumn(new TableColumn("dead").RightAligned());
        table.AddColumn("its queue");

        var edges = run.Edges.ToDictionary(edge => edge.Stage);
        foreach (var stage in run.Stages)
        {
            table.AddRow(
                new Text(stage.Name),
                Number(stage.Taken),
                new Text(Figures.Rate(pace.Of(stage.Name))),
                Number(stage.Dropped),
                Number(stage.Retried),
                Number(stage.Dead, "red"),
                edges.TryGetValue(stage.Name, out var edge) ? Bar(edge) : Text.Empty);
        }

        return new Rows(Head(run, pace), table, Foot(run, pace));
    }

    private static Markup Head(RunSnapshot run, Pace pace)
    {
        var left = pace.Left() is { } time ? $", about [bold]{Figures.Time(time)}[/] left" : "";
        var share = run.BytesTotal is { } total ? $", {Figures.Share(run.BytesRead, total)} of the input read" : "";
        var state = run.Draining ? " [yellow]draining: nothing new is taken[/]" : "";
        return new Markup($"[bold]{Markup.Escape(run.Pipeline)}[/] {Figures.Time(run.Elapsed)}{share}{left}{state}");
    }

    private static Markup Foot(RunSnapshot run, Pace pace)
    {
        var books = run.Books;
        var dead = books.Dead.Values.Sum();
        return new Markup(
            $"received [bold]{Figures.Count(books.Received)}[/] ({Figures.Rate(pace.Received)}) = duplicates {Figures.Count(books.Duplicates)} + rejected {Figures.Count(books.Rejected.Values.Sum())} + admitted {Figures.Count(books.Admitted)}\n" +
            $"queued {Figures.Count(books.Queued)}, leased {Figures.Count(books.Leased)}, done [bold green]{Figures.Count(books.Done)}[/] ({Figures.Rate(pace.Finished)}), dead {(dead > 0 ? $"[red]{Figures.Count(dead)}[/]" : "0")}, buffered {Figures.Count(run.Buffered)}");
    }

    private static Text Number(long value, string colour = "default") =>
        value == 0 ? new Text("") : new Text(Figures.Count(value), Style.Parse(colour));

    private static Text Bar(EdgeDepth edge)
    {
        var share = edge.Capacity == 0 ? 0 : Math.Clamp((double)edge.Depth / edge.Capacity, 0, 1);
        var full = (int)Math.Round(share * BarWidth);
        return new Text(
            $"{new string('█', full)}{new string('·', BarWidth - full)} {edge.Depth}/{edge.Capacity}",
            Style.Parse(share > 0.9 ? "yellow" : "default"));
    }
}
