using System.CommandLine;
using Atlas.Pipeline.Host.Reporting;
using Atlas.Pipeline.Migrate;

namespace Atlas.Pipeline.Host.Commands;

/// <summary><c>atlas migrate inventory</c>: what is in legacy databases.</summary>
internal static class MigrateInventoryCommand
{
    public static Command Create()
    {
        var (legacy, json, quiet) = (LegacyArguments.Many(), MigrateArguments.Json(), MigrateArguments.Quiet());
        var command = new Command("inventory", """
            Says what is in legacy databases: rows by table and status, schemes, classes, duplicates by canonical form, rows without their counterpart, what cannot be read, and which of the eleven known defects are there. Changes nothing and makes no file beside them.
            """) { json, quiet };
        legacy.AddTo(command);
        command.SetAction(async (line, _) => legacy.Read(line) is not { } read ? ExitCode.Usage : await MigrateArguments.RunAsync("The inventory", line.GetValue(quiet), (steps, _) =>
        {
            var inventory = Inventory.Of(read.Files, read.Settings, steps);
            Console.Out.Write(line.GetValue(json) ? InventoryText.Json(inventory) : InventoryText.Of(inventory));
            return ExitCode.Done;
        }));
        return command;
    }
}
