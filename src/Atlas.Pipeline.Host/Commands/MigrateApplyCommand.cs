using System.CommandLine;
using Atlas.Pipeline.Host.Reporting;
using Atlas.Pipeline.Migrate;

namespace Atlas.Pipeline.Host.Commands;

/// <summary><c>atlas migrate apply</c>: does what a plan says.</summary>
internal static class MigrateApplyCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("PLAN.json") { Description = "The plan." };
        var (yes, json, quiet) = (MigrateArguments.Yes(), MigrateArguments.Json(), MigrateArguments.Quiet());
        var command = new Command("apply", """
            Does what a plan says: backs up the state directory's ledger and the legacy databases, checks the copies, and takes their rows over. The databases must be what the plan was made of. They are not written to.
            It can be ended at any moment, also by kill -9: the same command goes on where it was, and ends in the same digest. No run may use the state directory until it has come to its end.
            """) { file, yes, json, quiet };
        command.SetAction(async (line, _) =>
        {
            if (MigrateArguments.ReadPlan(line.GetValue(file)!) is not { } plan)
                return ExitCode.Usage;
            if (!line.GetValue(yes))
                Console.Error.Write(MigrationText.Of(plan));
            if (!Consent.IsGiven(line.GetValue(yes), $"Take this over into {plan.State}?"))
                return Consent.Withheld;
            return await MigrateArguments.RunAsync("The migration", line.GetValue(quiet), (steps, narration) =>
            {
                var outcome = new MigrationApply(plan, new Seams { Logs = narration.Logs }, steps).Run();
                Console.Out.Write(line.GetValue(json) ? MigrationJson.Of(plan, outcome) : MigrationText.Of(plan, outcome));
                return ExitCode.Done;
            });
        });
        return command;
    }
}
