using Atlas.Pipeline.Ledger;
using Atlas.Pipeline.Topology;

namespace Atlas.Pipeline.Host.Commands;

/// <summary>The state directory that a command reads, and the pipeline it belongs to if one was named. Nothing is written and no lock taken, so a pipeline may be running there.</summary>
/// <param name="Directory">The directory.</param>
/// <param name="Pipeline">Null when only a directory was given.</param>
internal sealed record StateToRead(string Directory, PipelineDefinition? Pipeline)
{
    private string LedgerFile => StateDirectory.LedgerFileIn(Directory);

    /// <summary>Whether an argument is meant as a pipeline file and not as a URL.</summary>
    public static bool IsPipelineFile(string argument) =>
        (argument.EndsWith(".yaml", StringComparison.Ordinal) || argument.EndsWith(".yml", StringComparison.Ordinal)) && File.Exists(argument);

    /// <summary>Whether anything has ever been admitted there.</summary>
    public bool HasLedger => LedgerSchema.IsBegun(LedgerFile);

    /// <summary>Finds it, or says on stderr why not.</summary>
    /// <param name="file">The pipeline file, or null.</param>
    /// <param name="overrides">Of its settings.</param>
    /// <param name="state">The directory, before the file's own.</param>
    public static StateToRead? Find(string? file, IReadOnlyList<string> overrides, string? state) =>
        FindOrNew(file, overrides, state) is not { } found ? null
        : System.IO.Directory.Exists(found.Directory) ? found
        : Missing($"There is no state directory {found.Directory}.");

    /// <summary>The same of one that need not be there, and is not made.</summary>
    /// <inheritdoc cref="Find"/>
    public static StateToRead? FindOrNew(string? file, IReadOnlyList<string> overrides, string? state)
    {
        var pipeline = file is null ? null : PipelineFile.Read(file, overrides, state);
        if (file is not null && pipeline is null)
            return null;
        return (state ?? pipeline?.StateDirectory) is { } directory ? new StateToRead(directory, pipeline)
            : Missing(file is null ? "Which state? Give --state DIR or the pipeline's YAML." : $"{file}: has no state directory; give --state DIR.");
    }

    /// <summary>Finds one in which there is a ledger, or says on stderr why not.</summary>
    public static StateToRead? WithLedger(string? file, IReadOnlyList<string> overrides, string? state)
    {
        var found = Find(file, overrides, state);
        return found is null || found.HasLedger ? found : Missing($"There is no ledger in {found.Directory}: nothing has been admitted there yet.");
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

    private static StateToRead? Missing(string message)
    {
        Console.Error.WriteLine(message);
        return null;
    }
}
