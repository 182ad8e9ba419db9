using System.CommandLine;
using Atlas.Pipeline.Host.Reporting;
using Atlas.Pipeline.Migrate;

namespace Atlas.Pipeline.Host.Commands;

/// <summary><c>atlas migrate verify</c>: looks for every legacy row.</summary>
internal static class MigrateVerifyCommand
{
    public static Command Create()
    {
        var (state, json, quiet) = (MigrateArguments.State(), MigrateArguments.Json(), MigrateArguments.Quiet());
        var command = new Command("verify", """
            Looks for every row of the legacy databases that were migrated: reads their copies again, decides again, and compares with the ledger. Every row must be in exactly one place, every resource admitted once, every old id lead to it, every document have its body. Dead letters that were purged or replayed since are counted with what was done. Also while a pipeline runs, and after it. Changes nothing.
            Exit code 0: all is there. 4: something is not, and is named.
            """) { state, json, quiet };
        command.SetAction(async (line, _) => await MigrateArguments.RunAsync("The verification", line.GetValue(quiet), (steps, _) =>
        {
            var reports = MigrationVerify.Run(line.GetValue(state)!, new Disk(), steps);
            foreach (var report in reports)
                Console.Out.Write(line.GetValue(json) ? VerifyText.Json(report) : VerifyText.Of(report));
            return reports.All(report => report.IsClean) ? ExitCode.Done : ExitCode.State;
        }));
        return command;
    }
}
