using System.Globalization;
using System.Text;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Migrate;

/// <summary>What one migration keeps in its state directory: its plan, the legacy databases and the ledger as it was, each copied by SQLite, checked, and only then called by its name.</summary>
internal sealed class MigrationFolder(string state, string id, IDisk disk)
{
    private const string BeforeName = "before.json";
    private const string LedgerName = "ledger.db";

    public string Path { get; } = System.IO.Path.Combine(state, UnfinishedMigration.Folder, id);

    public bool IsThere => Directory.Exists(Path);

    /// <summary>Whether everything that a rollback needs is there.</summary>
    public bool IsComplete => disk.Exists(PathOf(BeforeName));

    public string LedgerCopy => PathOf(LedgerName);

    /// <summary>The ids of the migrations that a state directory has folders of.</summary>
    public static IReadOnlyList<string> Ids(string state) =>
        System.IO.Path.Combine(state, UnfinishedMigration.Folder) is var folder && Directory.Exists(folder) ? [.. Directory.GetDirectories(folder).Select(System.IO.Path.GetFileName).OfType<string>().Order(StringComparer.Ordinal)] : [];

    public MigrationPlan ReadPlan() => PlanFile.Read(disk.ReadAll(PathOf(UnfinishedMigration.PlanName)));

    public StateBefore ReadBefore() => StateBefore.Read(disk.ReadAll(PathOf(BeforeName)));

    public string PathOf(string file) => System.IO.Path.Combine(Path, file);

    /// <summary>Looks whether the databases are what a plan was made of.</summary>
    /// <exception cref="MigrationRefusedException">One is not.</exception>
    public static void ThrowIfChanged(MigrationPlan plan, StepProgress progress)
    {
        foreach (var input in plan.Inputs)
        {
            progress.Begin($"checking {System.IO.Path.GetFileName(input.Path)}", 0);
            if (!File.Exists(input.Path) || LegacyFile.DigestOf(input.Path) != (input.Bytes, input.Sha256))
                throw new MigrationRefusedException($"{input.Path} is not what the plan was made of: it was changed since, or is gone. Make a new plan.");
        }
    }

    /// <summary>Copies and checks everything; what a process that died has left half-done is done anew.</summary>
    /// <exception cref="MigrationRefusedException">An input was changed while it was copied.</exception>
    /// <exception cref="StateDamagedException">The ledger that is there is damaged.</exception>
    public StateBefore BackUp(StateDirectory directory, MigrationPlan plan, StepProgress progress)
    {
        disk.CreateDirectory(Path);
        Remove(PathOf(BeforeName));
        disk.Replace(PathOf(UnfinishedMigration.PlanName), PlanFile.Write(plan));
        var inputs = new List<KeptInput>();
        foreach (var (input, name) in plan.Inputs.Zip(LegacyFile.NamesOf([.. plan.Inputs.Select(input => input.Path)])))
        {
            var file = string.Create(CultureInfo.InvariantCulture, $"legacy-{inputs.Count + 1}.db");
            using var legacy = LegacyFile.Open(input.Path);
            var (sha256, integrity) = Copy(legacy.Connection, file, progress);
            inputs.Add(new KeptInput(name, file, sha256, integrity));
        }

        // Who wrote meanwhile has spoilt the copy.
        ThrowIfChanged(plan, progress);
        var before = StateBefore.Of(directory, inputs);
        if (before.LedgerDigest is not null)
        {
            using var ledger = LedgerSchema.OpenForReading(directory.LedgerFile);
            var (sha256, integrity) = Copy(ledger, LedgerName, progress);
            if (integrity != "ok")
                throw new StateDamagedException($"{directory.LedgerFile} is damaged ({integrity}), and nothing is added to it. See: atlas fsck --state {directory.Path}");
            before = before with { LedgerSha256 = sha256 };
        }

        disk.SyncDirectory(Path);
        disk.Replace(PathOf(BeforeName), before.Write());
        foreach (var folder in new[] { Path, System.IO.Path.Combine(state, UnfinishedMigration.Folder), state })
            disk.SyncDirectory(folder);
        return before;
    }

    /// <summary>So that a rollback that is interrupted goes on with this migration, and not with one before it.</summary>
    public void MarkAsBeingTakenBack() => Mark([]);

    /// <summary>Everything is as it was: what is left is to forget the migration.</summary>
    /// <param name="ledgerDigest">Of the ledger that was put back; null where there is none.</param>
    public void MarkAsTakenBack(string? ledgerDigest) => Mark(Encoding.ASCII.GetBytes($"done {ledgerDigest}"));

    /// <summary>Whether a rollback has done everything but forget the migration.</summary>
    /// <param name="ledgerDigest">Of the ledger that was put back; null where there is none.</param>
    public bool WasTakenBack(out string? ledgerDigest)
    {
        ledgerDigest = null;
        if (!disk.Exists(PathOf(UnfinishedMigration.TakenBackName)) || Encoding.ASCII.GetString(disk.ReadAll(PathOf(UnfinishedMigration.TakenBackName))).Split(' ') is not ["done", var digest])
            return false;
        ledgerDigest = digest.Length > 0 ? digest : null;
        return true;
    }

    /// <summary>Forgets the migration: after a rollback there was none. The mark goes last, so that an end half-way is gone on with.</summary>
    public void Delete()
    {
        foreach (var file in Directory.GetFiles(Path).Where(file => System.IO.Path.GetFileName(file) != UnfinishedMigration.TakenBackName))
            disk.Delete(file);
        disk.SyncDirectory(Path);
        Directory.Delete(Path, recursive: true);
        if (System.IO.Path.GetDirectoryName(Path) is { } folder && !Directory.EnumerateFileSystemEntries(folder).Any())
            Directory.Delete(folder);
    }

    private void Mark(ReadOnlySpan<byte> text)
    {
        disk.Replace(PathOf(UnfinishedMigration.TakenBackName), text);
        disk.SyncDirectory(Path);
    }

    private (string Sha256, string Integrity) Copy(SqlConnection from, string name, StepProgress progress)
    {
        var (part, whole) = (PathOf(name + ".part"), PathOf(name));
        Remove(part);
        var copied = 0;
        from.BackUpTo(part, (done, total) =>
        {
            if (copied == 0)
                progress.Begin($"copying pages to {name}", total);
            progress.Advance(done - copied);
            copied = done;
        });
        progress.Begin($"checking {name}", 0);
        var integrity = LegacyFile.IntegrityOf(part);
        using (var file = disk.Open(part))
            file.Sync();
        disk.Rename(part, whole);
        return (LegacyFile.DigestOf(whole).Sha256, integrity);
    }

    private void Remove(string part)
    {
        foreach (var file in new[] { part, part + "-wal", part + "-shm", part + "-journal" }.Where(disk.Exists))
            disk.Delete(file);
    }
}
