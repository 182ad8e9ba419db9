using System.CommandLine;
using Atlas.Pipeline.Host.Reporting;
using Atlas.Pipeline.Migrate;

namespace Atlas.Pipeline.Host.Commands;

/// <summary><c>atlas migrate plan</c>: decides what becomes of every legacy row, and does nothing.</summary>
internal static class MigratePlanCommand
{
    public static Command Create()
    {
        var legacy = LegacyArguments.Many();
        var state = MigrateArguments.State();
        var output = new Option<string>("--out") { Description = "The plan, a JSON file.", HelpName = "PLAN.json", Required = true };
        var everyRow = new Option<string?>("--rows") { Description = "Writes also what is decided of every single row, as JSON lines: where it goes, and which id it is merged into.", HelpName = "ROWS.jsonl" };
        var (json, quiet) = (MigrateArguments.Json(), MigrateArguments.Quiet());
        var command = new Command("plan", """
            Decides what becomes of every legacy row, and writes that down for apply: what is queued, what is a document, what a dead letter and why, what comes together. Touches neither the databases nor the state directory. The same inputs give the same plan.
            What is one resource and what is refused is decided by --pipeline; without it by the rules of the last run on the state directory, or the default ones.
            """) { state, output, everyRow, json, quiet };
        legacy.AddTo(command);
        command.SetAction(async (line, _) =>
        {
            if (legacy.Read(line) is not { } read)
                return ExitCode.Usage;
            if (InTheWay("--out", line.GetValue(output), read.Files) || InTheWay("--rows", line.GetValue(everyRow), read.Files))
                return ExitCode.Usage;
            return await MigrateArguments.RunAsync("The plan", line.GetValue(quiet), (steps, _) =>
            {
                using var rows = line.GetValue(everyRow) is { } path ? new BufferedStream(File.Create(path)) : null;
                var plan = MigrationPlan.Make(read.Files, line.GetValue(state)!, read.Rules, read.TimeZone, steps, rows);
                File.WriteAllBytes(line.GetValue(output)!, PlanFile.Write(plan));
                Console.Out.Write(line.GetValue(json)
                    ? MigrationJson.Of(plan)
                    : $"{MigrationText.Of(plan)}Written to {line.GetValue(output)}. Do it with: atlas migrate apply {ShellWord.Of(line.GetValue(output)!)}\n");
                return ExitCode.Done;
            });
        });
        return command;
    }

    /// <summary>Whether an output would be written over a legacy database, or over what lies beside it.</summary>
    private static bool InTheWay(string option, string? path, IReadOnlyList<string> files)
    {
        if (path is null || files.SelectMany(file => (string[])[file, file + "-wal", file + "-journal"]).FirstOrDefault(file => LegacyArguments.IsSame(path, file)) is not { } taken)
            return false;
        Console.Error.WriteLine($"{option}: {path} is {taken} itself, and nothing is written over a legacy database. Give another place.");
        return true;
    }
}
