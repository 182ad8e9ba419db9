using System.Text.Json;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Migrate;

/// <summary>What is kept beside a database that is changed in place: the database as it was, checked, and what it said before and after.</summary>
internal sealed class InPlaceFolder(string database, IDisk disk)
{
    private const string RecordName = "in-place.json";

    public string Path { get; } = database + ".before-in-place";

    public string Copy => System.IO.Path.Combine(Path, "legacy.db");

    private string Record => System.IO.Path.Combine(Path, RecordName);

    /// <summary>Whether a checked copy is there.</summary>
    public bool IsComplete => disk.Exists(Record);

    /// <summary>Copies and checks. A copy that is there already is of before an earlier try, and stays.</summary>
    /// <exception cref="MigrationRefusedException">The database is damaged: what cannot be read cannot be kept.</exception>
    public InPlaceRecord BackUp(SqlConnection legacy)
    {
        if (IsComplete)
            return Read();
        disk.CreateDirectory(Path);
        foreach (var file in disk.List(Path, "*"))
            disk.Delete(file);
        legacy.BackUpTo(Copy);
        string integrity, digest;
        using (var copy = SqlConnection.OpenImmutable(Copy))
        {
            integrity = copy.Text("PRAGMA integrity_check(1)").ReplaceLineEndings(" ");
            digest = LedgerDigest.Of(copy);
        }

        if (integrity != "ok")
            throw new MigrationRefusedException($"{database} is damaged ({integrity}) and is not changed in place. Bring what can be read into a state directory with: atlas migrate plan");
        using (var file = disk.Open(Copy))
            file.Sync();
        var record = new InPlaceRecord(LegacyFile.DigestOf(Copy).Sha256, digest, null);
        Write(record);
        return record;
    }

    public InPlaceRecord Read()
    {
        using var document = JsonDocument.Parse(disk.ReadAll(Record));
        var root = document.RootElement;
        return new InPlaceRecord(root.GetProperty("copy_sha256").GetString()!, root.GetProperty("before").GetString()!, root.GetProperty("after").GetString());
    }

    public void Write(InPlaceRecord record)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("copy_sha256", record.CopySha256);
            json.WriteString("before", record.Before);
            json.WriteString("after", record.After);
            json.WriteEndObject();
        }

        disk.Replace(Record, bytes.ToArray());
        disk.SyncDirectory(Path);
    }

    public void Delete() => Directory.Delete(Path, recursive: true);
}

/// <summary>What a database was and has become.</summary>
/// <param name="CopySha256">Of the copy's bytes.</param>
/// <param name="Before">What it said (<see cref="LedgerDigest"/>).</param>
/// <param name="After">What it says once it is changed; null until then.</param>
internal sealed record InPlaceRecord(string CopySha256, string Before, string? After);
