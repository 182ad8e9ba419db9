using System.CommandLine;
using System.Globalization;
using Atlas.Pipeline.Graph;
using Atlas.Pipeline.Host.Reporting;
using Atlas.Pipeline.Ledger;
using Atlas.Pipeline.Topology;
using Atlas.Pipeline.Write;
using Microsoft.Extensions.Logging;
using Spectre.Console;

namespace Atlas.Pipeline.Host.Commands;

/// <summary><c>atlas run</c>: runs a pipeline until its sources end and the queue is worked off, or a signal.</summary>
internal static class RunCommand
{
    /// <param name="seams">What runs stand on; their logs are the command's own.</param>
    public static Command Create(Seams seams)
    {
        var file = PipelineArguments.File();
        var set = PipelineArguments.Set();
        var state = PipelineArguments.State();
        var report = new Option<string?>("--report") { Description = "Writes the report as JSON; '-' is stdout, where no stage writes there.", HelpName = "FILE" };
        var quiet = new Option<bool>("--quiet") { Description = "No progress and no summary, only warnings and errors." };
        var logFormat = new Option<string>("--log-format") { Description = "text or json.", DefaultValueFactory = _ => "text" };
        logFormat.AcceptOnlyFromAmong("text", "json");
        var command = new Command("run", "Runs a pipeline until its sources end and the queue is worked off, or a signal.") { file, set, state, report, quiet, logFormat };
        command.SetAction(async (line, _) =>
        {
            if (PipelineFile.Read(line.GetValue(file)!, line.GetValue(set)!, line.GetValue(state)) is not { } definition)
                return ExitCode.Usage;
            return await RunAsync(definition, new RunSettings(line.GetValue(report), line.GetValue(quiet), line.GetValue(logFormat) == "json"), seams);
        });
        return command;
    }

    private static async Task<int> RunAsync(PipelineDefinition definition, RunSettings settings, Seams seams)
    {
        var time = TimeProvider.System;
        var startedAt = time.GetUtcNow();
        if (TroubleWith(settings.Report, definition) is var (code, trouble))
        {
            Console.Error.WriteLine(trouble);
            return code;
        }

        using var fileSizes = FileSizeLimit.Report();
        var console = ConsoleOnStderr();
        var live = !settings.Quiet && !Console.IsErrorRedirected && console.Profile.Capabilities.Ansi;
        using var logs = LoggerFactory.Create(builder => builder
            .SetMinimumLevel(settings.Quiet ? LogLevel.Warning : LogLevel.Information)
            .AddProvider(new StderrLog(settings.JsonLogs, time, text => WriteLog(console, live, text))));
        try
        {
            var abortedBy = 0;
            using var exit = new ExitDeadline(time);
            await using var output = StandardOutput.Open();
            await using var input = StandardInput.Open();
            var steps = new StepProgress(time);
            var opening = Task.Run(() => PipelineRun.OpenAsync(definition, seams with { Logs = logs }, input, output, steps));
            await new StepWatch(console, time, live, settings.Quiet).WatchAsync(steps, opening);
            await using var run = await opening;
            await using var leaving = run.Leaving.Register(() => exit.Start(() => abortedBy != 0 ? abortedBy : ExitCode.Failed));
            using var signals = new Signals(run.Drain, code =>
            {
                Interlocked.CompareExchange(ref abortedBy, code, 0);
                run.Abort();
            });

            if (!settings.Quiet && definition.Memory is { } memory)
                Console.Error.WriteLine($"{definition.Name}: {memory.Sentence}");
            var running = run.RunAsync();
            await new ProgressWatch(console, time, live, settings.Quiet).WatchAsync(run.Look, running);
            var outcome = await running;
            WriteReport(settings, definition, startedAt, outcome);
            if (!settings.Quiet)
                console.Profile.Out.Writer.WriteLine(RunSummary.Write(outcome));
            else if (!outcome.Balances)
                Console.Error.WriteLine(RunSummary.Balance(outcome));
            return ExitOf(outcome, definition, abortedBy);
        }
        catch (Exception error) when (error is StateInUseException or StateDamagedException)
        {
            return Refused(error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or LedgerException)
        {
            return Failed(error, StateOf(definition));
        }
    }

    /// <summary>Left to itself the console takes redirected input, which is the usual way here, for a terminal that nobody watches.</summary>
    private static IAnsiConsole ConsoleOnStderr() => AnsiConsole.Create(new AnsiConsoleSettings
    {
        Out = new AnsiConsoleOutput(Console.Error),
        Interactive = Console.IsErrorRedirected ? InteractionSupport.No : InteractionSupport.Yes,
    });

    /// <summary>On a terminal through the console, which moves what it has drawn out of the way; elsewhere as it is, without wrapping.</summary>
    private static void WriteLog(IAnsiConsole console, bool live, string text)
    {
        if (live)
            console.WriteLine(text);
        else
            console.Profile.Out.Writer.WriteLine(text);
    }

    /// <summary>What can be known to go wrong before a line is read: a report among the rows, one that nobody could write at the end of a long run, a state directory that cannot be made.</summary>
    private static (int Exit, string Message)? TroubleWith(string? report, PipelineDefinition definition)
    {
        if (report == "-" && definition.Stages.FirstOrDefault(stage => stage.Options is WriteOptions { To: WriteOptions.Stdout }) is { } writer)
            return (ExitCode.Usage, $"--report - would put the report among the rows that '{writer.Name}' writes to stdout: give --report FILE, or --set stages.{writer.Name}.to=FILE.");

        var state = StateOf(definition);
        try
        {
            if (report is not (null or "-") && !File.Exists(report))
            {
                File.Create(report).Dispose();
                File.Delete(report);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return (ExitCode.Usage, $"--report {report} cannot be written: {error.Message}");
        }

        try
        {
            if (state is not null)
                Directory.CreateDirectory(state);
            return null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return (ExitCode.Failed, $"The state directory {state} cannot be used: {error.Message}");
        }
    }

    /// <summary>Null for a pipeline that has none to keep, whatever its file says.</summary>
    private static string? StateOf(PipelineDefinition definition) =>
        definition.Stages.Any(stage => stage.Kind.Role == StageRole.Buffer) ? definition.StateDirectory : null;

    private static void WriteReport(RunSettings settings, PipelineDefinition definition, DateTimeOffset startedAt, RunOutcome outcome)
    {
        if (settings.Report is not { } report)
            return;

        var json = JsonReport.Write(definition.Name, startedAt, outcome);
        if (report == "-")
        {
            using var output = StandardOutput.Open();
            output.Write(json);
        }
        else
        {
            File.WriteAllBytes(report, json);
        }
    }

    private static int ExitOf(RunOutcome outcome, PipelineDefinition definition, int abortedBy)
    {
        if (outcome.Failure is { } failure)
            return Taken(failure) is { } taken ? Refused(taken) : Failed(failure, StateOf(definition));
        if (abortedBy != 0)
            return abortedBy;
        if (outcome.LeftBehind)
            return Failed(new TimeoutException(TimeIsOver(definition)), StateOf(definition));
        return outcome.Balances ? ExitCode.Done : ExitCode.Unbalanced;
    }

    private static string TimeIsOver(PipelineDefinition definition) => string.Create(CultureInfo.InvariantCulture,
        $"drain_deadline_ms ({definition.DrainDeadline.TotalMilliseconds:0}) is over, and some of what was read is not where it goes. Does somebody read the output? Does the disk answer?");

    /// <summary>The reason within a failure that the state directory is no longer ours; null if it has another.</summary>
    private static StateInUseException? Taken(Exception? failure)
    {
        while (failure is not (null or StateInUseException))
            failure = failure.InnerException;
        return failure as StateInUseException;
    }

    private static int Refused(Exception state)
    {
        Console.Error.WriteLine(state.Message);
        return ExitCode.State;
    }

    private static int Failed(Exception failure, string? state)
    {
        Console.Error.WriteLine($"The run failed: {FailureText.Of(failure)}");
        if (state is not null)
            Console.Error.WriteLine($"What was committed is in {state}; the next run goes on from there.");
        return ExitCode.Failed;
    }

    private sealed record RunSettings(string? Report, bool Quiet, bool JsonLogs);
}
