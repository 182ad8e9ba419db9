using System.CommandLine;
using Atlas.Pipeline.Graph;
using Atlas.Pipeline.Host.Reporting;
using Atlas.Pipeline.Ledger;
using Atlas.Pipeline.Topology;
using Microsoft.Extensions.Logging;
using Spectre.Console;

namespace Atlas.Pipeline.Host.Commands;

/// <summary><c>atlas run</c>: runs a pipeline until its sources end and the queue is worked off, or a signal.</summary>
internal static class RunCommand
{
    public static Command Create()
    {
        var file = PipelineArguments.File();
        var set = PipelineArguments.Set();
        var state = PipelineArguments.State();
        var report = new Option<string?>("--report") { Description = "Writes the report as JSON; '-' is stdout.", HelpName = "FILE" };
        var quiet = new Option<bool>("--quiet") { Description = "No progress and no summary, only warnings and errors." };
        var logFormat = new Option<string>("--log-format") { Description = "text or json.", DefaultValueFactory = _ => "text" };
        logFormat.AcceptOnlyFromAmong("text", "json");
        var command = new Command("run", "Runs a pipeline until its sources end and the queue is worked off, or a signal.") { file, set, state, report, quiet, logFormat };
        command.SetAction(async (line, _) =>
        {
            if (PipelineFile.Read(line.GetValue(file)!, line.GetValue(set)!, line.GetValue(state)) is not { } definition)
                return ExitCode.Usage;
            return await RunAsync(definition, new RunSettings(line.GetValue(report), line.GetValue(quiet), line.GetValue(logFormat) == "json"));
        });
        return command;
    }

    private static async Task<int> RunAsync(PipelineDefinition definition, RunSettings settings)
    {
        var time = TimeProvider.System;
        var startedAt = time.GetUtcNow();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        using var logs = LoggerFactory.Create(builder => builder
            .SetMinimumLevel(settings.Quiet ? LogLevel.Warning : LogLevel.Information)
            .AddProvider(new StderrLog(settings.JsonLogs, time, text => console.Profile.Out.Writer.WriteLine(text))));
        try
        {
            await using var output = Console.OpenStandardOutput();
            await using var input = Console.OpenStandardInput();
            await using var run = await PipelineRun.OpenAsync(definition, new Seams { Logs = logs }, input, output);
            var abortedBy = 0;
            using var signals = new Signals(run.Drain, code =>
            {
                Interlocked.CompareExchange(ref abortedBy, code, 0);
                run.Abort();
            });

            var running = run.RunAsync();
            var live = !Console.IsErrorRedirected && console.Profile.Capabilities.Interactive;
            await new ProgressWatch(console, time, live, settings.Quiet).WatchAsync(run.Look, running);
            var outcome = await running;
            WriteReport(settings, definition, startedAt, outcome);
            if (!settings.Quiet)
                console.Profile.Out.Writer.WriteLine(RunSummary.Write(outcome.Last));
            return ExitOf(outcome, abortedBy);
        }
        catch (StateInUseException error)
        {
            Console.Error.WriteLine(error.Message);
            return ExitCode.State;
        }
        catch (StateDamagedException error)
        {
            Console.Error.WriteLine(error.Message);
            return ExitCode.State;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"The run failed: {error.Message}");
            return ExitCode.Failed;
        }
    }

    private static void WriteReport(RunSettings settings, PipelineDefinition definition, DateTimeOffset startedAt, RunOutcome outcome)
    {
        if (settings.Report is not { } report)
            return;

        var json = JsonReport.Write(definition.Name, startedAt, outcome.Last.Elapsed, outcome.Last.Books);
        if (report == "-")
        {
            using var output = Console.OpenStandardOutput();
            output.Write(json);
        }
        else
        {
            File.WriteAllBytes(report, json);
        }
    }

    private static int ExitOf(RunOutcome outcome, int abortedBy)
    {
        if (outcome.Failure is { } failure)
        {
            Console.Error.WriteLine($"The run failed: {failure.Message}");
            return ExitCode.Failed;
        }

        if (abortedBy != 0)
            return abortedBy;
        return outcome.Balances ? ExitCode.Done : ExitCode.Unbalanced;
    }

    private sealed record RunSettings(string? Report, bool Quiet, bool JsonLogs);
}
