using System.CommandLine;
using Atlas.Pipeline.Fsck;
using Atlas.Pipeline.Host.Reporting;
using Atlas.Pipeline.Ledger;
using Atlas.Pipeline.Topology;
using Microsoft.Extensions.Logging;
using Spectre.Console;

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

    private static FsckOptions? OptionsOf(string? file, string[] set, string? state, bool repairs)
    {
        PipelineDefinition? definition = null;
        if (file is not null && (definition = PipelineFile.Read(file, set, state)) is null)
            return null;
        if (definition is null && state is null)
            return Refuse("fsck needs a pipeline's file or --state DIR.");
        if (definition is not null && definition.StateDirectory is null)
            return Refuse($"{file}: this pipeline keeps no state; name a directory with --state DIR.");

        var options = definition is not null ? FsckOptions.Of(definition, repairs) : new FsckOptions { StateDirectory = state!, Repairs = repairs };
        return Directory.Exists(options.StateDirectory) ? options : Refuse($"There is no state directory {options.StateDirectory}.");
    }

    private static FsckOptions? Refuse(string why)
    {
        Console.Error.WriteLine(why);
        return null;
    }

    private static async Task<int> RunAsync(FsckOptions options, bool json, bool quiet)
    {
        var time = TimeProvider.System;
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(Console.Error),
            Interactive = Console.IsErrorRedirected ? InteractionSupport.No : InteractionSupport.Yes,
        });
        var live = !quiet && !Console.IsErrorRedirected && console.Profile.Capabilities.Ansi;
        using var logs = LoggerFactory.Create(builder => builder.SetMinimumLevel(LogLevel.Warning).AddProvider(new StderrLog(json: false, time, Console.Error.WriteLine)));
        var findings = new FindingsReport(Console.Out, json);
        var steps = new StepProgress(time);
        try
        {
            var checking = Task.Run(() => new StateCheck(options, new Seams { Logs = logs }, steps, findings.Write).RunAsync());
            await new StepWatch(console, time, live, quiet).WatchAsync(steps, checking);
            await checking;
            findings.End(options.StateDirectory);
            return findings.Damaged > 0 ? ExitCode.State : ExitCode.Done;
        }
        catch (Exception error) when (error is StateInUseException or StateDamagedException)
        {
            Console.Error.WriteLine(error.Message);
            return ExitCode.State;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or LedgerException)
        {
            Console.Error.WriteLine($"The check failed: {FailureText.Of(error)}");
            return ExitCode.Failed;
        }
    }
}
