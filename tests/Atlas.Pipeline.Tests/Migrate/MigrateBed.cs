using Atlas.LegacyData;
using Atlas.Pipeline.Check;
using Atlas.Pipeline.Fsck;
using Atlas.Pipeline.Ledger;
using Atlas.Pipeline.Migrate;

namespace Atlas.Pipeline.Tests.Migrate;

/// <summary>A folder with legacy databases and a state directory.</summary>
internal sealed class MigrateBed : IDisposable
{
    /// <summary>Enough of everything, and quick to write.</summary>
    public static readonly LegacySizes Small = new LegacySizes().Times(1 / 40.0);

    private readonly StepProgress _progress = new(TimeProvider.System);

    public string Folder { get; } = Directory.CreateTempSubdirectory("atlas-migrate-").FullName;

    public string State => Path.Combine(Folder, "state");

    public string File(string name) => Path.Combine(Folder, name);

    /// <summary>A database of an era, with its counts.</summary>
    public (string File, LegacyCounts Counts) Legacy(LegacyEra era, LegacySizes? sizes = null)
    {
        var file = File($"{era}.db");
        return (file, LegacyDatabase.Write(file, era, sizes ?? Small));
    }

    /// <summary>A database of one's own.</summary>
    public string Database(string name, string sql)
    {
        using var database = SqlConnection.Open(File(name));
        database.Execute("PRAGMA foreign_keys=OFF;" + sql);
        return File(name);
    }

    public MigrationPlan Plan(params string[] files) => MigrationPlan.Make(files, State, rules: null, "UTC", _progress);

    public MigrationOutcome Apply(MigrationPlan plan) => new MigrationApply(plan, new Seams(), _progress).Run();

    /// <summary>Plans and applies, and gives what has become of it.</summary>
    public MigrationOutcome Migrate(params string[] files) => Apply(Plan(files));

    public VerifyReport Verify() => MigrationVerify.Run(State, new Disk(), _progress)[^1];

    public RollbackOffer Rollback(bool force = false) => MigrationRollback.Run(State, force, new Disk(), _progress);

    public Inventory Inventory(params string[] files) => Atlas.Pipeline.Migrate.Inventory.Of(files, new MigrationSettings(KeyRules.Default, "UTC"), _progress);

    public SqlConnection Ledger() => SqlConnection.Open(StateDirectory.LedgerFileIn(State), readOnly: true);

    public long Scalar(string sql)
    {
        using var ledger = Ledger();
        return ledger.Scalar(sql);
    }

    public string Text(string sql)
    {
        using var ledger = Ledger();
        return ledger.Text(sql);
    }

    /// <summary>Everything that fsck finds wrong.</summary>
    public async Task<IReadOnlyList<Finding>> FsckAsync()
    {
        var findings = new List<Finding>();
        await new StateCheck(new FsckOptions { StateDirectory = State, Rules = KeyRules.Default.Normalize.Rules }, new Seams(), _progress, findings.Add).RunAsync();
        return [.. findings.Where(finding => finding.State != FindingState.Note)];
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
