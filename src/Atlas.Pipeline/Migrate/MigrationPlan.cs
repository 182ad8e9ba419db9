using System.Security.Cryptography;
using System.Text;
using Atlas.Pipeline.Check;

namespace Atlas.Pipeline.Migrate;

/// <summary>One input of a migration.</summary>
/// <param name="Path">Where it lies, from the root on.</param>
/// <param name="Bytes">Of the file, and of a WAL beside it.</param>
/// <param name="Sha256">Of the same.</param>
/// <param name="Tables">What was read of it.</param>
internal sealed record PlannedInput(string Path, long Bytes, string Sha256, IReadOnlyList<LegacyTableRead> Tables);

/// <summary>What a migration will do, decided and not done. The same inputs, settings and state give the same plan, byte for byte.</summary>
internal sealed record MigrationPlan
{
    /// <summary>From the state directory's root on.</summary>
    public required string State { get; init; }

    public required MigrationSettings Settings { get; init; }

    public required IReadOnlyList<PlannedInput> Inputs { get; init; }

    public required MigrationActions Actions { get; init; }

    /// <summary>Names the migration: the same for the same inputs and settings.</summary>
    public string Id => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(
        string.Concat(Inputs.Select(input => input.Sha256)) + Settings.TimeZone + Settings.Rules.ToText())))[..12];

    /// <summary>Reads the inputs and the state directory, and changes neither.</summary>
    /// <param name="files">The legacy databases.</param>
    /// <param name="state">The state directory; need not be there yet.</param>
    /// <param name="rules">Of the pipeline that will run; null for those of the last run there, or else the default ones.</param>
    /// <param name="timeZone">Of the times.</param>
    /// <param name="progress">Is told how far it is.</param>
    /// <param name="rows">Gets what is decided of every row (<see cref="PlannedRows"/>); null if nobody wants that.</param>
    public static MigrationPlan Make(IReadOnlyList<string> files, string state, KeyRules? rules, string timeZone, StepProgress progress, Stream? rows = null)
    {
        using var existing = ExistingRows.Open(state);
        var settings = new MigrationSettings(rules ?? existing?.Rules ?? KeyRules.Default, timeZone);
        var census = new LegacyCensus(settings.Rules, settings.Times, progress);
        var digests = new List<(long Bytes, string Sha256)>();
        var names = LegacyFile.NamesOf(files);
        foreach (var (file, name) in files.Zip(names))
        {
            using var legacy = LegacyFile.Open(file);
            digests.Add(LegacyFile.DigestOf(file));
            census.Read(legacy.Connection, name);
        }

        census.Finish();
        progress.Begin("looking up what the state directory has", 0);
        var there = existing?.Find(census) ?? [];
        if (rows is not null)
            WriteRows(files, names, census, there, rows, progress);
        var plan = new MigrationPlan
        {
            State = Path.GetFullPath(state),
            Settings = settings,
            Inputs = [.. files.Select((file, i) => new PlannedInput(Path.GetFullPath(file), digests[i].Bytes, digests[i].Sha256, census.Inputs[i].Tables))],
            Actions = MigrationActions.Of(census, there),
        };
        progress.End();
        return plan;
    }

    private static void WriteRows(IReadOnlyList<string> files, IReadOnlyList<string> names, LegacyCensus census, Dictionary<int, long> existing, Stream output, StepProgress progress)
    {
        progress.Begin("writing what is decided of every row", 0);
        var open = new List<LegacyFile>();
        try
        {
            open.AddRange(files.Select(LegacyFile.Open));
            PlannedRows.Write(census, new LegacyRows([.. open.Zip(names, (file, name) => (file.Connection, name, true))]), existing, output);
        }
        finally
        {
            open.ForEach(file => file.Dispose());
        }
    }
}
