using System.Globalization;
using Atlas.Pipeline.Ledger;
using Atlas.Pipeline.Persist;

namespace Atlas.Pipeline.Migrate;

/// <summary>What one migration keeps in its state directory: its plan, the legacy databases and the ledger as it was, each copied by SQLite, checked, and only then called by its name.</summary>
internal sealed class MigrationFolder(string state, string id, IDisk disk)
{
    private const string Folder = "migration";
    private const string PlanName = "plan.json";
    private const string BeforeName = "before.json";
    private const string LedgerName = "ledger.db";
    private const string TakenBackName = "being-taken-back";

    public string Path { get; } = System.IO.Path.Combine(state, Folder, id);

    /// <summary>Whether everything that a rollback needs is there.</summary>
    public bool IsComplete => disk.Exists(PathOf(BeforeName));

    /// <summary>Whether a rollback of it has begun, and has not come to its end.</summary>
    public bool IsBeingTakenBack => disk.Exists(PathOf(TakenBackName));

    public string LedgerCopy => PathOf(LedgerName);

    /// <summary>The ids of the migrations that a state directory has folders of.</summary>
    public static IReadOnlyList<string> Ids(string state) =>
        System.IO.Path.Combine(state, Folder) is var folder && Directory.Exists(folder) ? [.. Directory.GetDirectories(folder).Select(System.IO.Path.GetFileName).OfType<string>().Order(StringComparer.Ordinal)] : [];

    public MigrationPlan ReadPlan() => PlanFile.Read(disk.ReadAll(PathOf(PlanName)));

    public StateBefore ReadBefore() => StateBefore.Read(disk.ReadAll(PathOf(BeforeName)));

    public string PathOf(string file) => System.IO.Path.Combine(Path, file);

    /// <summary>Copies and checks everything; what a process that died has left half-done is done anew.</summary>
    /// <exception cref="MigrationRefusedException">An input is not what the plan was made of.</exception>
    /// <exception cref="StateDamagedException">The ledger that is there is damaged.</exception>
    public StateBefore BackUp(StateDirectory directory, MigrationPlan plan, StepProgress progress)
    {
        foreach (var input in plan.Inputs)
        {
            progress.Begin($"checking {System.IO.Path.GetFileName(input.Path)}", 0);
            if (!File.Exists(input.Path) || LegacyFile.DigestOf(input.Path) != (input.Bytes, input.Sha256))
                throw new MigrationRefusedException($"{input.Path} is not what the plan was made of: it was changed since, or is gone. Make a new plan.");
        }

        disk.CreateDirectory(Path);
        disk.Replace(PathOf(PlanName), PlanFile.Write(plan));
        var inputs = new List<KeptInput>();
        foreach (var input in plan.Inputs)
        {
            var file = string.Create(CultureInfo.InvariantCulture, $"legacy-{inputs.Count + 1}.db");
            using var legacy = LegacyFile.Open(input.Path);
            var (sha256, integrity) = Copy(legacy.Connection, file, progress);
            inputs.Add(new KeptInput(legacy.Name, file, sha256, integrity));
        }

        var before = new StateBefore { Files = FilesOf(directory), FirstSegment = FirstSegmentOf(directory), Mark = directory.Mark, Inputs = inputs };
        if (File.Exists(directory.LedgerFile) && new FileInfo(directory.LedgerFile).Length > 0)
        {
            using var ledger = LedgerSchema.OpenForReading(directory.LedgerFile);
            before = before with { LedgerDigest = Migrate.LedgerDigest.Of(ledger) };
            var (sha256, integrity) = Copy(ledger, LedgerName, progress);
            if (integrity != "ok")
                throw new StateDamagedException($"{directory.LedgerFile} is damaged ({integrity}), and nothing is added to it. See: atlas fsck --state {directory.Path}");
            before = before with { LedgerSha256 = sha256 };
        }

        disk.SyncDirectory(Path);
        disk.Replace(PathOf(BeforeName), before.Write());
        disk.SyncDirectory(Path);
        return before;
    }

    /// <summary>So that a rollback that is interrupted goes on with this migration, and not with one before it.</summary>
    public void MarkAsBeingTakenBack()
    {
        disk.Replace(PathOf(TakenBackName), []);
        disk.SyncDirectory(Path);
    }

    /// <summary>Forgets the migration: after a rollback there was none.</summary>
    public void Delete()
    {
        Directory.Delete(Path, recursive: true);
        if (System.IO.Path.GetDirectoryName(Path) is { } folder && !Directory.EnumerateFileSystemEntries(folder).Any())
            Directory.Delete(folder);
    }

    /// <summary>Files beside the ledger that belong to the state, by their path in it.</summary>
    public static SortedDictionary<string, long> FilesOf(StateDirectory directory)
    {
        var files = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var folder in new[] { directory.BodiesDirectory, directory.SeenDirectory }.Where(Directory.Exists))
        {
            foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
                files[System.IO.Path.GetRelativePath(directory.Path, file).Replace('\\', '/')] = new FileInfo(file).Length;
        }

        return files;
    }

    private static int FirstSegmentOf(StateDirectory directory) =>
        Directory.Exists(directory.BodiesDirectory) ? Directory.EnumerateFiles(directory.BodiesDirectory).Select(SegmentStore.NumberOf).Max() + 1 ?? 1 : 1;

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
        string integrity;
        using (var copy = SqlConnection.OpenImmutable(part))
            integrity = Integrity(copy);
        using (var file = disk.Open(part))
            file.Sync();
        disk.Rename(part, whole);
        return (LegacyFile.DigestOf(whole).Sha256, integrity);
    }

    private static string Integrity(SqlConnection copy)
    {
        try
        {
            return copy.Text("PRAGMA integrity_check(1)").ReplaceLineEndings(" ");
        }
        catch (LedgerException damage) when (LegacyScan.IsDamage(damage))
        {
            return damage.Message;
        }
    }

    private void Remove(string part)
    {
        foreach (var file in new[] { part, part + "-wal", part + "-shm", part + "-journal" }.Where(disk.Exists))
            disk.Delete(file);
    }
}
