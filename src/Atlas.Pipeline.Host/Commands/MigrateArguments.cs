using System.CommandLine;
using Atlas.Pipeline.Host.Reporting;
using Atlas.Pipeline.Migrate;

namespace Atlas.Pipeline.Host.Commands;

/// <summary>What the commands of <c>atlas migrate</c> have in common.</summary>
internal static class MigrateArguments
{
    public static Option<string> State() => new("--state") { Description = "The state directory.", HelpName = "DIR", Required = true };

    public static Option<bool> Json() => new("--json") { Description = "JSON lines." };

    public static Option<bool> Quiet() => new("--quiet") { Description = "No progress." };

    public static Option<bool> Yes() => new("--yes") { Description = "Does not ask." };

    /// <summary>Reads a plan, or says on stderr why it cannot be.</summary>
    public static MigrationPlan? ReadPlan(string file)
    {
        try
        {
            return PlanFile.Read(File.ReadAllBytes(file));
        }
        catch (Exception error) when (error is FormatException or IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"{file} is no plan that can be applied: {error.Message.TrimEnd('.')}. Make one with: atlas migrate plan");
            return null;
        }
    }

    /// <summary>Runs what may take long, shows how far it is, and turns what stands in its way into a message and an exit code.</summary>
    /// <param name="what">As the subject of a sentence.</param>
    /// <param name="quiet">No progress.</param>
    /// <param name="work">Gives the exit code.</param>
    public static async Task<int> RunAsync(string what, bool quiet, Func<StepProgress, Narration, int> work)
    {
        using var narration = new Narration(TimeProvider.System, quiet);
        var steps = new StepProgress(TimeProvider.System);
        try
        {
            var working = Task.Run(() => work(steps, narration));
            await narration.WatchAsync(steps, working);
            return await working;
        }
        catch (MigrationRefusedException refused)
        {
            Console.Error.WriteLine(refused.Message);
            return ExitCode.Usage;
        }
        catch (Exception error) when (Narration.CanExplain(error))
        {
            return Narration.Explain(what, error);
        }
    }
}
