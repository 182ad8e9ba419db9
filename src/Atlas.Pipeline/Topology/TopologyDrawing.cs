using System.Text;

namespace Atlas.Pipeline.Topology;

/// <summary>Draws a pipeline for people: as text, as a Mermaid flowchart, as DOT for Graphviz. Lines end in LF.</summary>
internal static class TopologyDrawing
{
    /// <summary>What is not a link of the graph: the ledger keeps it meanwhile.</summary>
    private const string ThroughTheLedger = "through the ledger";

    /// <summary>One line for each source and stage, in flow order.</summary>
    public static string Text(PipelineDefinition pipeline)
    {
        var text = new StringBuilder().Append(pipeline.Name).Append('\n');
        var width = pipeline.Sources.Concat(pipeline.Stages).Max(stage => LabelOf(stage).Length);
        foreach (var stage in pipeline.Sources.Concat(pipeline.Stages))
        {
            text.Append("  ").Append(LabelOf(stage));
            if (stage.From.Count > 0)
                text.Append(' ', width - LabelOf(stage).Length).Append("  <- ").AppendJoin(", ", stage.From.Select(NameOf));
            else if (GiversBackTo(stage, pipeline).ToList() is { Count: > 0 } givers)
                text.Append(' ', width - LabelOf(stage).Length).Append("  <- ").AppendJoin(", ", givers).Append(", ").Append(ThroughTheLedger);
            text.Append('\n');
        }

        return text.ToString();
    }

    /// <summary>A Mermaid flowchart, left to right.</summary>
    public static string Mermaid(PipelineDefinition pipeline)
    {
        var text = new StringBuilder("flowchart LR\n");
        var ids = IdsOf(pipeline);
        foreach (var stage in pipeline.Sources.Concat(pipeline.Stages))
        {
            var (open, close) = stage.From.Count == 0 ? ("([", "])") : stage.Kind.Role == StageRole.Buffer ? ("[(", ")]") : ("[", "]");
            text.Append("  ").Append(ids[stage.Name]).Append(open).Append('"').Append(ForMermaid(LabelOf(stage))).Append('"').Append(close).Append('\n');
        }

        foreach (var (link, taker) in LinksOf(pipeline))
        {
            text.Append("  ").Append(ids[link.From]).Append(" -->");
            if (link.Output is not null)
                text.Append("|\"").Append(ForMermaid(link.Output)).Append("\"|");
            text.Append(' ').Append(ids[taker]).Append('\n');
        }

        foreach (var (giver, source) in WaysBackOf(pipeline))
            text.Append("  ").Append(ids[giver]).Append(" -.->|\"").Append(ThroughTheLedger).Append("\"| ").Append(ids[source]).Append('\n');

        return text.ToString();
    }

    /// <summary>A DOT digraph.</summary>
    public static string Dot(PipelineDefinition pipeline)
    {
        var text = new StringBuilder("digraph \"").Append(ForDot(pipeline.Name)).Append("\" {\n  rankdir=LR;\n");
        foreach (var stage in pipeline.Sources.Concat(pipeline.Stages))
        {
            var shape = stage.From.Count == 0 ? "oval" : stage.Kind.Role == StageRole.Buffer ? "cylinder" : "box";
            text.Append("  \"").Append(ForDot(stage.Name)).Append("\" [shape=").Append(shape).Append(", label=\"").Append(ForDot(LabelOf(stage))).Append("\"];\n");
        }

        foreach (var (link, taker) in LinksOf(pipeline))
        {
            text.Append("  \"").Append(ForDot(link.From)).Append("\" -> \"").Append(ForDot(taker)).Append('"');
            if (link.Output is not null)
                text.Append(" [label=\"").Append(ForDot(link.Output)).Append("\"]");
            text.Append(";\n");
        }

        foreach (var (giver, source) in WaysBackOf(pipeline))
            text.Append("  \"").Append(ForDot(giver)).Append("\" -> \"").Append(ForDot(source)).Append("\" [style=dashed, constraint=false, label=\"").Append(ThroughTheLedger).Append("\"];\n");

        return text.Append("}\n").ToString();
    }

    private static IEnumerable<(Link Link, string Taker)> LinksOf(PipelineDefinition pipeline) =>
        pipeline.Stages.SelectMany(stage => stage.From.Select(link => (link, stage.Name)));

    /// <summary>From a stage that leaves something in the ledger to the source that reads it there.</summary>
    private static IEnumerable<(string Giver, string Source)> WaysBackOf(PipelineDefinition pipeline) =>
        pipeline.Sources.SelectMany(source => GiversBackTo(source, pipeline).Select(giver => (giver, source.Name)));

    private static IEnumerable<string> GiversBackTo(StageDefinition source, PipelineDefinition pipeline) =>
        pipeline.Stages.Where(stage => stage.Kind.ComesBackBy == source.Kind.Word).Select(stage => stage.Name);

    /// <summary>Numbers instead of names: 'end' and others are words of Mermaid.</summary>
    private static Dictionary<string, string> IdsOf(PipelineDefinition pipeline) =>
        pipeline.Sources.Concat(pipeline.Stages).Select((stage, i) => (stage.Name, Id: $"n{i}")).ToDictionary(pair => pair.Name, pair => pair.Id);

    private static string NameOf(Link link) => link.Output is null ? link.From : $"{link.From}.{link.Output}";

    /// <summary>The name, and the kind where it is another word.</summary>
    private static string LabelOf(StageDefinition stage) => stage.Name == stage.Kind.Word ? stage.Name : $"{stage.Name} ({stage.Kind.Word})";

    private static string ForMermaid(string text) =>
        text.Replace("#", "#35;", StringComparison.Ordinal).Replace("\"", "#quot;", StringComparison.Ordinal).Replace("<", "#lt;", StringComparison.Ordinal).ReplaceLineEndings(" ");

    private static string ForDot(string text) =>
        text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).ReplaceLineEndings(" ");
}
