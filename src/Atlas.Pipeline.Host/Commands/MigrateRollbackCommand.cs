using System.CommandLine;
using Atlas.Pipeline.Migrate;

namespace Atlas.Pipeline.Host.Commands;

/// <summary><c>atlas migrate rollback</c>: takes the last migration back.</summary>
internal static class MigrateRollbackCommand
{
    public static Command Create()
    {
        var (state, yes, quiet) = (MigrateArguments.State(), MigrateArguments.Yes(), MigrateArguments.Quiet());
        var force = new Option<bool>("--force") { Description = "Also when something was run on the state directory since: what that brought is lost." };
        var command = new Command("rollback", """
            Makes the state directory what it was before its last migration, from the copy that was made then, and checks that it is. A directory that was empty is empty again. No run may use it meanwhile.
            """) { state, yes, force, quiet };
        command.SetAction(async (line, _) =>
        {
            var directory = line.GetValue(state)!;
            if (!Directory.Exists(directory))
            {
                Console.Error.WriteLine($"There is no state directory {directory}.");
                return ExitCode.Usage;
            }

            if (!MigrateArguments.IsAgreed(line, yes, $"Take the last migration into {directory} back?"))
                return ExitCode.Usage;
            return await MigrateArguments.RunAsync("The rollback", line.GetValue(quiet), (steps, _) =>
            {
                var taken = MigrationRollback.Run(directory, line.GetValue(force), new Disk(), steps);
                Console.Out.WriteLine($"Migration {taken.Id} was taken back: {directory} is {(taken.Before.LedgerDigest is { } digest ? $"what it was before (ledger {digest})" : "empty again")}.");
                return ExitCode.Done;
            });
        });
        return command;
    }
}
