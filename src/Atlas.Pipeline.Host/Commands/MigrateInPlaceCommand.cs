using System.CommandLine;
using Atlas.Pipeline.Host.Reporting;
using Atlas.Pipeline.Migrate;

namespace Atlas.Pipeline.Host.Commands;

/// <summary><c>atlas migrate in-place</c>: mends a legacy database for the old program.</summary>
internal static class MigrateInPlaceCommand
{
    public static Command Create()
    {
        var (legacy, yes, json, quiet) = (LegacyArguments.One(), MigrateArguments.Yes(), MigrateArguments.Json(), MigrateArguments.Quiet());
        var verify = new Option<bool>("--verify") { Description = "Only looks whether every row that was there is still there: as it is, as an alias, or among the dead letters. Exit code 4 if one is not." };
        var rollback = new Option<bool>("--rollback") { Description = "Puts the database back as it was before it was last changed." };
        var force = new Option<bool>("--force") { Description = "With --rollback: also when the database was changed since by others: that is lost." };
        var command = new Command("in-place", """
            For those who keep running the old program: adds the columns and indexes that the roadmap wants, in an order that works, to the database itself. Rows of one page become one (the earliest id; the others are kept in atlas_aliases), what cannot be fetched goes to the dead letters, priorities become numbers, what is stuck is pending again.
            The database is copied and checked before, into LEGACY.db.before-in-place. All of it is one transaction. Done again it changes nothing.
            """) { verify, rollback, force, yes, json, quiet };
        legacy.AddTo(command);
        command.SetAction(async (line, _) =>
        {
            var (verifies, undoes, isJson) = (line.GetValue(verify), line.GetValue(rollback), line.GetValue(json));
            if (verifies && undoes)
            {
                Console.Error.WriteLine("--verify and --rollback: one at a time.");
                return ExitCode.Usage;
            }

            if (legacy.Read(line, mustBeThere: !undoes) is not { Files: [var path] } read)
                return ExitCode.Usage;
            if (!verifies && !Consent.IsGiven(line.GetValue(yes), undoes ? $"Put {path} back as it was?" : $"Change {path} in place?"))
                return Consent.Withheld;
            return await MigrateArguments.RunAsync(verifies ? "The verification" : "The change", line.GetValue(quiet), (steps, narration) =>
            {
                if (verifies)
                {
                    var report = InPlaceVerify.Run(path, new Disk(), steps);
                    Console.Out.Write(isJson ? InPlaceText.Json(path, report) : InPlaceText.Of(path, report));
                    return report.IsClean ? ExitCode.Done : ExitCode.State;
                }

                if (undoes)
                {
                    var digest = InPlaceRollback.Run(path, line.GetValue(force), new Disk(), steps);
                    Console.Out.Write(isJson ? InPlaceText.Json(path, digest) : $"{path} is what it was before (digest {digest}).\n");
                    return ExitCode.Done;
                }

                var outcome = InPlace.Run(path, read.Settings, new Seams { Logs = narration.Logs }, steps);
                Console.Out.Write(isJson ? InPlaceText.Json(path, outcome) : InPlaceText.Of(path, outcome));
                return ExitCode.Done;
            });
        });
        return command;
    }
}
