using Atlas.Pipeline.Ledger;
using Atlas.Pipeline.Topology;

namespace Atlas.Pipeline.Host.Commands;

/// <summary>The state directory that a command reads, and the pipeline it belongs to if one was named. Nothing is written and no lock taken, so a pipeline may be running there.</summary>
/// <param name="Directory">Exists.</param>
/// <param name="Pipeline">Null when only a directory was given.</param>
internal sealed record StateToRead(string Directory, PipelineDefinition? Pipeline)
{
    private string LedgerFile => StateDirectory.LedgerFileIn(Directory);

    /// <summary>Whether an argument is meant as a pipeline file and not as a URL.</summary>
    public static bool IsPipelineFile(string argument) =>
        (argument.EndsWith(".yaml", StringComparison.Ordinal) || argument.EndsWith(".yml", StringComparison.Ordinal)) && File.Exists(argument);

    /// <summary>Finds it, or says on stderr why not.</summary>
    /// <param name="file">The pipeline file, or null.</param>
    /// <param name="overrides">Of its settings.</param>
    /// <param name="state">The directory, before the file's own.</param>
    public static StateToRead? Find(string? file, IReadOnlyList<string> overrides, string? state)
    {
        var pipeline = file is null ? null : PipelineFile.Read(file, overrides, state);
        if (file is not null && pipeline is null)
            return null;
        var directory = state ?? pipeline?.StateDirectory;
        if (System.IO.Directory.Exists(directory))
            return new StateToRead(directory, pipeline);
        Console.Error.WriteLine(directory is not null ? $"There is no state directory {directory}."
            : file is null ? "Which state? Give --state DIR or the pipeline's YAML."
            : $"{file}: has no state directory; give --state DIR.");
        return null;
    }

    /// <summary>Finds one in which there is a ledger, or says on stderr why not.</summary>
    public static StateToRead? WithLedger(string? file, IReadOnlyList<string> overrides, string? state)
    {
        var found = Find(file, overrides, state);
        if (found is null || File.Exists(found.LedgerFile))
            return found;
        Console.Error.WriteLine($"There is no ledger in {found.Directory}: nothing has been admitted there yet.");
        return null;
    }

    /// <summary>Runs what asks the ledger and turns what stands in its way into a message and an exit code.</summary>
    public int Read(Func<LedgerLookup, int> read) => ReadAsync(file =>
    {
        using var ledger = new LedgerLookup(file);
        return Task.FromResult(read(ledger));
    }).GetAwaiter().GetResult();

    /// <summary>The same for what opens the ledger's file itself.</summary>
    public async Task<int> ReadAsync(Func<string, Task<int>> read)
    {
        try
        {
            return await read(LedgerFile);
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
