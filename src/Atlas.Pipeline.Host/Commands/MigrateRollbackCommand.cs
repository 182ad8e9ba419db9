using System.CommandLine;
using Atlas.Pipeline.Host.Reporting;
using Atlas.Pipeline.Migrate;

namespace Atlas.Pipeline.Host.Commands;

/// <summary><c>atlas migrate rollback</c>: takes the last migration back.</summary>
internal static class MigrateRollbackCommand
{
    public static Command Create()
    {
        var (state, yes, json, quiet) = (MigrateArguments.State(), MigrateArguments.Yes(), MigrateArguments.Json(), MigrateArguments.Quiet());
        var force = new Option<bool>("--force") { Description = "Also when something was run or decided on the state directory since: what that brought is lost." };
        var command = new Command("rollback", """
            Makes the state directory what it was before its last migration, from the copy that was made then, and checks that it is. A directory that was empty is empty again. No run may use it meanwhile.
            """) { state, yes, force, json, quiet };
        command.SetAction(async (line, _) =>
        {
            var directory = line.GetValue(state)!;
            if (!Directory.Exists(directory))
            {
                Console.Error.WriteLine($"There is no state directory {directory}.");
                return ExitCode.Usage;
            }

            return await MigrateArguments.RunAsync("The rollback", line.GetValue(quiet), (steps, _) =>
            {
                var (offer, isForced) = (MigrationRollback.Look(directory, new Disk()), line.GetValue(force));
                offer.ThrowIfRanSince(directory, isForced);
                if (!Consent.IsGiven(line.GetValue(yes), $"Take migration {offer.Id} into {directory} back?"))
                    return Consent.Withheld;
                var taken = MigrationRollback.Run(directory, isForced, new Disk(), steps);
                Console.Out.Write(line.GetValue(json) ? MigrationJson.Of(taken) : MigrationText.Of(directory, taken));
                return ExitCode.Done;
            });
        });
        return command;
    }
}
