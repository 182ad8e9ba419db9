using System.CommandLine;
using System.Globalization;
using Atlas.Pipeline.Graph;
using Atlas.Pipeline.Host.Reporting;
using Atlas.Pipeline.Ledger;
using Atlas.Pipeline.Topology;
using Atlas.Pipeline.Write;
using Microsoft.Extensions.Logging;

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
        using var narration = new Narration(time, settings.Quiet, settings.JsonLogs, LogLevel.Information);
        try
        {
            var abortedBy = 0;
            using var exit = new ExitDeadline(time);
            await using var output = StandardOutput.Open();
            await using var input = StandardInput.Open();
            var steps = new StepProgress(time);
            var opening = Task.Run(() => PipelineRun.OpenAsync(definition, seams with { Logs = narration.Logs }, input, output, steps));
            await narration.WatchAsync(steps, opening);
            await using var run = await opening;
            await using var leaving = run.Leaving.Register(() => exit.Start(() => abortedBy != 0 ? abortedBy : ExitCode.Failed));
            using var signals = new Signals(run.Drain, code =>
            {
                Interlocked.CompareExchange(ref abortedBy, code, 0);
                run.Abort();
            });

            if (definition.Memory is { } memory)
                narration.Say($"{definition.Name}: {memory.Sentence}");
            var running = run.RunAsync();
            await narration.WatchAsync(run.Look, running);
            var outcome = await running;
            WriteReport(settings, definition, startedAt, outcome);
            narration.Say(RunSummary.Write(outcome));
            if (settings.Quiet && !outcome.Balances)
                Console.Error.WriteLine(RunSummary.Balance(outcome));
            return ExitOf(outcome, definition, abortedBy);
        }
        catch (Exception error) when (Narration.CanExplain(error))
        {
            return Explain(error, definition);
        }
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
            return Explain(Taken(failure) ?? failure, definition);
        if (abortedBy != 0)
            return abortedBy;
        if (outcome.LeftBehind)
            return Explain(new TimeoutException(TimeIsOver(definition)), definition);
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

    private static int Explain(Exception failure, PipelineDefinition definition)
    {
        var code = Narration.Explain("The run", failure);
        if (code == ExitCode.Failed && StateOf(definition) is { } state)
            Console.Error.WriteLine($"What was committed is in {state}; the next run goes on from there.");
        return code;
    }

    private sealed record RunSettings(string? Report, bool Quiet, bool JsonLogs);
}
