using System.CommandLine;
using Atlas.Pipeline.Host.Reporting;

namespace Atlas.Pipeline.Host.Commands;

/// <summary><c>atlas duplicates</c>: what the duplicates of a state directory were, and where they came from.</summary>
internal static class DuplicatesCommand
{
    private const int MostHosts = 512;

    public static Command Create()
    {
        var file = new Argument<string?>("PIPELINE.yaml") { Description = "The pipeline file, unless --state is given.", Arity = ArgumentArity.ZeroOrOne };
        var state = PipelineArguments.State();
        var set = PipelineArguments.Set();
        var hosts = new Option<int>("--hosts") { Description = "Hosts to name, the worst first, up to 512.", DefaultValueFactory = _ => 20 };
        var json = new Option<bool>("--json") { Description = "One JSON object." };
        var command = new Command("duplicates", """
            Says how many duplicates all runs on a state directory have met, of what kinds, from which sources, and which hosts have the most. Also while the pipeline runs: the hosts may then lag behind by four million duplicates.
            A duplicate is of the kind of the most telling rule that its own spelling needed (docs/canonicalization.md): 'canonical' needed none, 'scheme' alone mostly means https where https and http are one.
            Kinds and sources are exact. A host's count is never too low before sampling, and too high by its error at most; after 65,536 duplicates of a run one in 64 is looked at.
            """) { file, state, set, hosts, json };
        command.SetAction(line =>
        {
            if (StateToRead.WithLedger(line.GetValue(file), line.GetValue(set)!, line.GetValue(state)) is not { } read)
                return ExitCode.Usage;
            return read.Read(ledger =>
            {
                var (sources, worst) = ledger.Duplicates(Math.Clamp(line.GetValue(hosts), 0, MostHosts));
                if (!line.GetValue(json))
                {
                    Console.Out.Write(DuplicateText.Of(sources, worst));
                    return ExitCode.Done;
                }

                using var output = StandardOutput.Open();
                output.Write(DuplicateText.Json(sources, worst));
                return ExitCode.Done;
            });
        });
        return command;
    }
}
