using System.CommandLine;

namespace Atlas.Pipeline.Host.Commands;

/// <summary>What commands that read a pipeline file have in common.</summary>
internal static class PipelineArguments
{
    public static Argument<string> File() => new("PIPELINE.yaml") { Description = "The pipeline file." };

    public static Option<string[]> Set() => new("--set")
    {
        Description = "Overrides one setting, as path.to.setting=value. May be given several times.",
        HelpName = "path=value",
        DefaultValueFactory = _ => [],
        AllowMultipleArgumentsPerToken = false,
    };

    public static Option<string?> State() => new("--state")
    {
        Description = "The state directory; overrides 'state' in the file.",
        HelpName = "DIR",
    };
}
