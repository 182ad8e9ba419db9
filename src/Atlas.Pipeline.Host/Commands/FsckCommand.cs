using System.CommandLine;
using Atlas.Pipeline.Fsck;
using Atlas.Pipeline.Host.Reporting;

namespace Atlas.Pipeline.Host.Commands;

/// <summary><c>atlas fsck</c>: checks ledger, index and bodies against each other, and rebuilds what can be rebuilt.</summary>
internal static class FsckCommand
{
    public static Command Create()
    {
        var file = new Argument<string?>("PIPELINE.yaml") { Description = "The pipeline whose state is checked; also its tailed files and the spelling of its URLs.", Arity = ArgumentArity.ZeroOrOne };
        var set = PipelineArguments.Set();
        var state = PipelineArguments.State();
        var repair = new Option<bool>("--repair") { Description = "Rebuilds what can be rebuilt. What is not understood is kept as NAME.damaged-TIME." };
        var json = new Option<bool>("--json") { Description = "Findings as JSON lines." };
        var quiet = new Option<bool>("--quiet") { Description = "No progress." };
        var command = new Command("fsck", "Checks a state directory: ledger, index and bodies against each other. Exit code 0 is clean or repaired, 4 damaged or in use.") { file, set, state, repair, json, quiet };
        command.SetAction(async (line, _) =>
            OptionsOf(line.GetValue(file), line.GetValue(set)!, line.GetValue(state), line.GetValue(repair)) is { } options
                ? await RunAsync(options, line.GetValue(json), line.GetValue(quiet))
                : ExitCode.Usage);
        return command;
    }

    private static FsckOptions? OptionsOf(string? file, string[] set, string? state, bool repairs) =>
        StateToRead.Find(file, set, state) is not { } found ? null
        : found.Pipeline is { } pipeline ? FsckOptions.Of(pipeline, repairs)
        : new FsckOptions { StateDirectory = found.Directory, Repairs = repairs };

    private static async Task<int> RunAsync(FsckOptions options, bool json, bool quiet)
    {
        var time = TimeProvider.System;
        using var narration = new Narration(time, quiet);
        var findings = new FindingsReport(Console.Out, json);
        var steps = new StepProgress(time);
        try
        {
            var checking = Task.Run(() => new StateCheck(options, new Seams { Logs = narration.Logs }, steps, findings.Write).RunAsync());
            await narration.WatchAsync(steps, checking);
            await checking;
            findings.End(options.StateDirectory);
            return findings.Damaged > 0 ? ExitCode.State : ExitCode.Done;
        }
        catch (Exception error) when (Narration.CanExplain(error))
        {
            return Narration.Explain("The check", error);
        }
    }
}
