using System.CommandLine;
using Atlas.Pipeline.Topology;

namespace Atlas.Pipeline.Host.Commands;

/// <summary><c>atlas graph</c>: the topology as text, Mermaid or DOT.</summary>
internal static class GraphCommand
{
    public static Command Create()
    {
        var file = PipelineArguments.File();
        var set = PipelineArguments.Set();
        var format = new Option<string>("--format") { Description = "text, mermaid or dot.", DefaultValueFactory = _ => "text" };
        format.AcceptOnlyFromAmong("text", "mermaid", "dot");
        var command = new Command("graph", "Prints a pipeline's topology.") { file, set, format };
        command.SetAction(line =>
        {
            if (PipelineFile.Read(line.GetValue(file)!, line.GetValue(set)!, state: null) is not { } definition)
                return ExitCode.Usage;
            Console.Out.Write(line.GetValue(format) switch
            {
                "mermaid" => TopologyDrawing.Mermaid(definition),
                "dot" => TopologyDrawing.Dot(definition),
                _ => TopologyDrawing.Text(definition),
            });
            return ExitCode.Done;
        });
        return command;
    }
}
