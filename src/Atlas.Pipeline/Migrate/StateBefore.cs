using System.Text.Json;
using Atlas.Pipeline.Ledger;
using Atlas.Pipeline.Persist;

namespace Atlas.Pipeline.Migrate;

/// <summary>What a state directory was before a migration, and where the copies lie that can make it so again.</summary>
internal sealed record StateBefore
{
    /// <summary>SHA-256 of the copy of the ledger; null if there was no ledger.</summary>
    public string? LedgerSha256 { get; init; }

    /// <summary>What the ledger said (<see cref="LedgerDigest"/>); null if there was none.</summary>
    public string? LedgerDigest { get; init; }

    public LedgerMark? Mark { get; init; }

    /// <summary>Files of bodies and of the dedup index, by their path in the state directory, with their lengths.</summary>
    public required SortedDictionary<string, long> Files { get; init; }

    /// <summary>The segment that the migration's bodies begin in; no file that was there is written to.</summary>
    public required int FirstSegment { get; init; }

    public required IReadOnlyList<KeptInput> Inputs { get; init; }

    /// <summary>What a state directory is now; the copies are made afterwards.</summary>
    public static StateBefore Of(StateDirectory directory, IReadOnlyList<KeptInput> inputs)
    {
        var digest = LedgerDigestOf(directory.Path);
        return new StateBefore { LedgerDigest = digest, Mark = digest is null ? null : directory.Mark, Files = FilesOf(directory), FirstSegment = FirstSegmentOf(directory), Inputs = inputs };
    }

    /// <summary>Whether a state directory is still this: nobody has worked on it since.</summary>
    public bool IsStill(StateDirectory directory) => LedgerDigestOf(directory.Path) == LedgerDigest && FilesOf(directory).SequenceEqual(Files);

    /// <summary>The ledger of a state directory, to read it; null where there is none, or one whose tables were not made before somebody died.</summary>
    /// <exception cref="StateDamagedException">What lies there is no ledger of this version.</exception>
    public static SqlConnection? OpenLedger(string state)
    {
        var file = StateDirectory.LedgerFileIn(state);
        if (!File.Exists(file) || new FileInfo(file).Length == 0)
            return null;
        using (var any = LegacyFile.OpenRecovered(file))
        {
            if (any.Scalar("SELECT count(*) FROM sqlite_schema") == 0)
                return null;
        }

        return LedgerSchema.OpenForReading(file);
    }

    /// <summary>What a ledger says; null where there is none, or one in which nobody has done anything yet.</summary>
    public static string? LedgerDigestOf(string state)
    {
        using var ledger = OpenLedger(state);
        if (ledger is null)
            return null;
        return ledger.Text("SELECT value FROM meta WHERE name = 'epoch'") == "0" && LedgerMark.Of(ledger).Progress == 0 ? null : Migrate.LedgerDigest.Of(ledger);
    }

    /// <summary>Files beside the ledger that belong to the state, by their path in it.</summary>
    public static SortedDictionary<string, long> FilesOf(StateDirectory directory)
    {
        var files = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var folder in new[] { directory.BodiesDirectory, directory.SeenDirectory }.Where(Directory.Exists))
        {
            foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
                files[Path.GetRelativePath(directory.Path, file).Replace('\\', '/')] = new FileInfo(file).Length;
        }

        return files;
    }

    public byte[] Write()
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("ledger_sha256", LedgerSha256);
            json.WriteString("ledger_digest", LedgerDigest);
            json.WriteString("mark_ledger", Mark?.LedgerId);
            json.WriteNumber("mark_progress", Mark?.Progress ?? 0);
            json.WriteNumber("first_segment", FirstSegment);
            json.WriteStartObject("files");
            foreach (var (file, length) in Files)
                json.WriteNumber(file, length);
            json.WriteEndObject();
            json.WriteStartArray("inputs");
            foreach (var input in Inputs)
            {
                json.WriteStartObject();
                json.WriteString("name", input.Name);
                json.WriteString("file", input.File);
                json.WriteString("sha256", input.Sha256);
                json.WriteString("integrity", input.Integrity);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return bytes.ToArray();
    }

    public static StateBefore Read(ReadOnlyMemory<byte> text)
    {
        using var document = JsonDocument.Parse(text);
        var root = document.RootElement;
        var files = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var file in root.GetProperty("files").EnumerateObject())
            files[file.Name] = file.Value.GetInt64();
        return new StateBefore
        {
            LedgerSha256 = root.GetProperty("ledger_sha256").GetString(),
            LedgerDigest = root.GetProperty("ledger_digest").GetString(),
            Mark = root.GetProperty("mark_ledger").GetString() is { } id ? new LedgerMark(id, root.GetProperty("mark_progress").GetInt64()) : null,
            Files = files,
            FirstSegment = root.GetProperty("first_segment").GetInt32(),
            Inputs = [.. root.GetProperty("inputs").EnumerateArray().Select(input => new KeptInput(
                input.GetProperty("name").GetString()!, input.GetProperty("file").GetString()!, input.GetProperty("sha256").GetString()!, input.GetProperty("integrity").GetString()!))],
        };
    }

    private static int FirstSegmentOf(StateDirectory directory) =>
        Directory.Exists(directory.BodiesDirectory) ? Directory.EnumerateFiles(directory.BodiesDirectory).Select(SegmentStore.NumberOf).Max() + 1 ?? 1 : 1;
}
