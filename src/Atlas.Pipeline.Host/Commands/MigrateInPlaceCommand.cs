using System.CommandLine;
using Atlas.Pipeline.Check;
using Atlas.Pipeline.Host.Reporting;
using Atlas.Pipeline.Migrate;

namespace Atlas.Pipeline.Host.Commands;

/// <summary><c>atlas migrate in-place</c>: mends a legacy database for the old program.</summary>
internal static class MigrateInPlaceCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("LEGACY.db") { Description = "The database. The old program must not be running." };
        var (zone, pipeline, yes, quiet) = (MigrateArguments.TimeZone(), MigrateArguments.Pipeline(), MigrateArguments.Yes(), MigrateArguments.Quiet());
        var verify = new Option<bool>("--verify") { Description = "Only looks whether every row that was there is still there, as it is, as an alias, or among the dead letters." };
        var rollback = new Option<bool>("--rollback") { Description = "Puts the database back as it was before." };
        var force = new Option<bool>("--force") { Description = "With --rollback: also when the database was changed since." };
        var command = new Command("in-place", """
            For those who keep running the old program: adds the columns and indexes that the roadmap wants, in an order that works, to the database itself. Rows of one page become one (the earliest id; the others are kept in atlas_aliases), what cannot be fetched goes to the dead letters, priorities become numbers, what is stuck is pending again.
            The database is copied and checked before, into LEGACY.db.before-in-place. All of it is one transaction. Done again it changes nothing.
            """) { file, zone, pipeline, verify, rollback, force, yes, quiet };
        command.SetAction(async (line, _) =>
        {
            var (path, where) = (line.GetValue(file)!, line.GetValue(zone)!);
            if (!MigrateArguments.AreGood([path], where) || !MigrateArguments.TryRules(line.GetValue(pipeline), out var rules))
                return ExitCode.Usage;
            if (line.GetValue(verify))
                return await VerifyAsync(path, line.GetValue(quiet));
            var undoes = line.GetValue(rollback);
            if (!MigrateArguments.IsAgreed(line, yes, undoes ? $"Put {path} back as it was?" : $"Change {path} in place?"))
                return ExitCode.Usage;
            return await MigrateArguments.RunAsync("The change", line.GetValue(quiet), (steps, narration) =>
            {
                Console.Out.Write(undoes
                    ? $"{path} is what it was before (digest {InPlace.RollBack(path, line.GetValue(force), new Disk(), steps)}).\n"
                    : MigrationText.Of(path, InPlace.Run(path, new MigrationSettings(rules ?? KeyRules.Default, where), new Seams { Logs = narration.Logs }, steps)));
                return ExitCode.Done;
            });
        });
        return command;
    }

    private static Task<int> VerifyAsync(string path, bool quiet) => MigrateArguments.RunAsync("The verification", quiet, (steps, _) =>
    {
        var missing = InPlace.Verify(path, new Disk(), steps);
        foreach (var row in missing)
            Console.Out.WriteLine($"missing: {row}");
        Console.Out.WriteLine(missing.Count == 0 ? "Clean: every row that was there is there." : "Not clean.");
        return missing.Count == 0 ? ExitCode.Done : ExitCode.State;
    });
}
