using System.CommandLine;
using Atlas.Pipeline.Graph;
using Atlas.Pipeline.Topology;

namespace Atlas.Pipeline.Host.Commands;

/// <summary><c>atlas validate</c>: every mistake at once, and the memory that the edges may take.</summary>
internal static class ValidateCommand
{
    public static Command Create()
    {
        var files = new Argument<string[]>("PIPELINE.yaml") { Description = "Pipeline files.", Arity = ArgumentArity.ZeroOrMore };
        var set = PipelineArguments.Set();
        var state = PipelineArguments.State();
        var schema = new Option<bool>("--schema") { Description = "Prints the JSON Schema of pipeline files." };
        var command = new Command("validate", "Checks pipeline files and lists every mistake with its line and column.") { files, set, state, schema };
        command.SetAction(line =>
        {
            if (line.GetValue(schema))
            {
                Console.Out.WriteLine(JsonSchema.Write(StageCatalog.Kinds));
                return ExitCode.Done;
            }

            if (line.GetValue(files) is not { Length: > 0 } names)
            {
                Console.Error.WriteLine("No pipeline file is given.");
                return ExitCode.Usage;
            }

            return Validate(names, line.GetValue(set)!, line.GetValue(state));
        });
        return command;
    }

    private static int Validate(string[] files, string[] overrides, string? state)
    {
        var exit = ExitCode.Done;
        foreach (var file in files)
        {
            if (PipelineFile.Read(file, overrides, state) is { } definition)
                Console.Out.WriteLine($"{file}: valid. {MemoryBound.Of(definition).Sentence}{(definition.Memory is { } memory ? $" {memory.Sentence}" : "")}");
            else
                exit = ExitCode.Usage;
        }

        return exit;
    }
}
