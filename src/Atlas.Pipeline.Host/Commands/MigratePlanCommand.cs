using System.CommandLine;
using Atlas.Pipeline.Host.Reporting;
using Atlas.Pipeline.Migrate;

namespace Atlas.Pipeline.Host.Commands;

/// <summary><c>atlas migrate plan</c>: decides what becomes of every legacy row, and does nothing.</summary>
internal static class MigratePlanCommand
{
    public static Command Create()
    {
        var files = MigrateArguments.Files();
        var state = MigrateArguments.State();
        var output = new Option<string>("--out") { Description = "The plan, a JSON file.", HelpName = "PLAN.json", Required = true };
        var everyRow = new Option<string?>("--rows") { Description = "Writes also what is decided of every single row, as JSON lines: where it goes, and which id it is merged into.", HelpName = "ROWS.jsonl" };
        var (zone, pipeline, quiet) = (MigrateArguments.TimeZone(), MigrateArguments.Pipeline(), MigrateArguments.Quiet());
        var command = new Command("plan", """
            Decides what becomes of every legacy row, and writes that down for apply: what is queued, what is a document, what a dead letter and why, what comes together. Touches neither the databases nor the state directory. The same inputs give the same plan.
            What is one resource and what is refused is decided by --pipeline; without it by the rules of the last run on the state directory, or the default ones.
            """) { files, state, output, everyRow, zone, pipeline, quiet };
        command.SetAction(async (line, _) =>
        {
            var (given, where) = (line.GetValue(files)!, line.GetValue(zone)!);
            if (!MigrateArguments.AreGood(given, where) || !MigrateArguments.TryRules(line.GetValue(pipeline), out var rules))
                return ExitCode.Usage;
            return await MigrateArguments.RunAsync("The plan", line.GetValue(quiet), (steps, _) =>
            {
                using var rows = line.GetValue(everyRow) is { } path ? new BufferedStream(File.Create(path)) : null;
                var plan = MigrationPlan.Make(given, line.GetValue(state)!, rules, where, steps, rows);
                File.WriteAllBytes(line.GetValue(output)!, PlanFile.Write(plan));
                Console.Out.Write(MigrationText.Of(plan));
                Console.Out.WriteLine($"Written to {line.GetValue(output)}. Do it with: atlas migrate apply {line.GetValue(output)}");
                return ExitCode.Done;
            });
        });
        return command;
    }
}
