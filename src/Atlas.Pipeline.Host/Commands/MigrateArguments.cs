using System.CommandLine;
using Atlas.Pipeline.Check;
using Atlas.Pipeline.Host.Reporting;
using Atlas.Pipeline.Migrate;

namespace Atlas.Pipeline.Host.Commands;

/// <summary>What the commands of <c>atlas migrate</c> have in common.</summary>
internal static class MigrateArguments
{
    /// <summary>Their number is stored in a byte.</summary>
    private const int MostFiles = 254;

    public static Argument<string[]> Files() => new("LEGACY.db") { Description = "The legacy databases: all of them, as rows of one page may be spread.", Arity = ArgumentArity.OneOrMore };

    public static Option<string> TimeZone() => new("--timezone") { Description = "Where the machine stood that wrote the times, as Europe/Berlin; they do not say so themselves.", HelpName = "ZONE", DefaultValueFactory = _ => "UTC" };

    public static Option<string?> Pipeline() => new("--pipeline") { Description = "The pipeline that will run: its normalize and classify settings decide what is one resource and what is refused.", HelpName = "PIPELINE.yaml" };

    public static Option<string> State() => new("--state") { Description = "The state directory.", HelpName = "DIR", Required = true };

    public static Option<bool> Json() => new("--json") { Description = "JSON lines." };

    public static Option<bool> Quiet() => new("--quiet") { Description = "No progress." };

    public static Option<bool> Yes() => new("--yes") { Description = "Does not ask." };

    /// <summary>Whether the databases and the zone are there; says on stderr what is not.</summary>
    public static bool AreGood(IReadOnlyList<string> files, string timeZone)
    {
        var good = files.Count <= MostFiles;
        if (!good)
            Console.Error.WriteLine($"{files.Count} databases are more than the {MostFiles} that are taken at once.");
        foreach (var file in files.Where(file => !File.Exists(file)))
        {
            Console.Error.WriteLine($"There is no file {file}.");
            good = false;
        }

        if (TimeZoneInfo.TryFindSystemTimeZoneById(timeZone, out _))
            return good;
        Console.Error.WriteLine($"--timezone: this machine knows no zone '{timeZone}'. Write it as Europe/Berlin or UTC.");
        return false;
    }

    /// <summary>The rules of a pipeline's file; false when it has mistakes, which have been said.</summary>
    public static bool TryRules(string? file, out KeyRules? rules)
    {
        rules = null;
        if (file is null)
            return true;

        // Of its state directory nothing is used here, so that a file without one will do.
        if (PipelineFile.Read(file, [], state: ".") is not { } pipeline)
            return false;
        rules = KeyRules.Of(pipeline);
        return true;
    }

    /// <summary>Reads a plan, or says on stderr why it cannot be.</summary>
    public static MigrationPlan? ReadPlan(string file)
    {
        try
        {
            return PlanFile.Read(File.ReadAllBytes(file));
        }
        catch (Exception error) when (error is FormatException or IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"{file} is no plan that can be applied: {error.Message}. Make one with: atlas migrate plan");
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

    /// <summary>Asks on a terminal; where nobody can be asked, says what to give.</summary>
    public static bool IsAgreed(ParseResult line, Option<bool> yes, string question)
    {
        if (line.GetValue(yes))
            return true;
        if (Console.IsInputRedirected)
        {
            Console.Error.WriteLine($"{question} Nobody can be asked here: give --yes.");
            return false;
        }

        Console.Error.Write($"{question} [y/N] ");
        return Console.ReadLine()?.Trim() is "y" or "Y" or "yes";
    }
}
