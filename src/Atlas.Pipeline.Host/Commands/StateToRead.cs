using Atlas.Pipeline.Ledger;
using Atlas.Pipeline.Topology;

namespace Atlas.Pipeline.Host.Commands;

/// <summary>The state directory that a command reads, and the pipeline it belongs to if one was named. Nothing is written and no lock taken, so a pipeline may be running there.</summary>
/// <param name="LedgerFile">Exists.</param>
/// <param name="Pipeline">Null when only a directory was given.</param>
internal sealed record StateToRead(string LedgerFile, PipelineDefinition? Pipeline)
{
    /// <summary>Whether an argument is meant as a pipeline file and not as a URL.</summary>
    public static bool IsPipelineFile(string argument) =>
        (argument.EndsWith(".yaml", StringComparison.Ordinal) || argument.EndsWith(".yml", StringComparison.Ordinal)) && File.Exists(argument);

    /// <summary>Finds it, or says on stderr why not.</summary>
    /// <param name="file">The pipeline file, or null.</param>
    /// <param name="overrides">Of its settings.</param>
    /// <param name="state">The directory, before the file's own.</param>
    public static StateToRead? Resolve(string? file, IReadOnlyList<string> overrides, string? state)
    {
        var pipeline = file is null ? null : PipelineFile.Read(file, overrides, state);
        if (file is not null && pipeline is null)
            return null;
        var directory = state ?? pipeline?.StateDirectory;
        if (directory is null)
        {
            Console.Error.WriteLine(file is null ? "Which state? Give --state DIR or the pipeline's YAML." : $"{file}: has no state directory; give --state DIR.");
            return null;
        }

        var ledger = Path.Combine(directory, "ledger.db");
        if (File.Exists(ledger))
            return new StateToRead(ledger, pipeline);
        Console.Error.WriteLine($"There is no ledger in {directory}: nothing has been admitted there yet.");
        return null;
    }

    /// <summary>Runs what reads the ledger and turns what stands in its way into a message and an exit code.</summary>
    public int Read(Func<LedgerLookup, int> read)
    {
        try
        {
            using var ledger = new LedgerLookup(LedgerFile);
            return read(ledger);
        }
        catch (StateDamagedException error)
        {
            Console.Error.WriteLine(error.Message);
            return ExitCode.State;
        }
        catch (LedgerException error)
        {
            Console.Error.WriteLine($"The ledger {LedgerFile} cannot be read: {error.Message}");
            return error.IsOfTheMachine ? ExitCode.Failed : ExitCode.State;
        }
    }
}
