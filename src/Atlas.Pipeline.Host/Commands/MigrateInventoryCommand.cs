using System.CommandLine;
using Atlas.Pipeline.Check;
using Atlas.Pipeline.Host.Reporting;
using Atlas.Pipeline.Migrate;

namespace Atlas.Pipeline.Host.Commands;

/// <summary><c>atlas migrate inventory</c>: what is in legacy databases.</summary>
internal static class MigrateInventoryCommand
{
    public static Command Create()
    {
        var files = MigrateArguments.Files();
        var (zone, pipeline, json, quiet) = (MigrateArguments.TimeZone(), MigrateArguments.Pipeline(), MigrateArguments.Json(), MigrateArguments.Quiet());
        var command = new Command("inventory", """
            Says what is in legacy databases: rows by table and status, schemes, classes, duplicates by canonical form, rows without their counterpart, what cannot be read, and which of the eleven known defects are there. Changes nothing and makes no file beside them.
            """) { files, zone, pipeline, json, quiet };
        command.SetAction(async (line, _) =>
        {
            var (given, where) = (line.GetValue(files)!, line.GetValue(zone)!);
            if (!MigrateArguments.AreGood(given, where) || !MigrateArguments.TryRules(line.GetValue(pipeline), out var rules))
                return ExitCode.Usage;
            return await MigrateArguments.RunAsync("The inventory", line.GetValue(quiet), (steps, _) =>
            {
                var inventory = Inventory.Of(given, new MigrationSettings(rules ?? KeyRules.Default, where), steps);
                Console.Out.Write(line.GetValue(json) ? InventoryText.Json(inventory) : InventoryText.Of(inventory));
                return ExitCode.Done;
            });
        });
        return command;
    }
}
