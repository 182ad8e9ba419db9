using System.Globalization;
using System.Text.Json;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Migrate;

/// <summary>What is kept beside a database that is changed in place: the database as it was, checked, and what it said before and after. One folder for each change, numbered from the second on.</summary>
/// <remarks>A database that the old program has worked on since is another one: changed again, it gets a copy of its own, or a rollback would lose what came in between.</remarks>
internal sealed class InPlaceFolder
{
    private const string RecordName = "in-place.json";

    private readonly string _database;
    private readonly int _number;
    private readonly IDisk _disk;

    private InPlaceFolder(string database, int number, IDisk disk)
    {
        (_database, _number, _disk) = (database, number, disk);
        Path = string.Create(CultureInfo.InvariantCulture, $"{database}.before-in-place{(number > 1 ? $"-{number}" : "")}");
    }

    public string Path { get; }

    public string Copy => System.IO.Path.Combine(Path, "legacy.db");

    private string Record => System.IO.Path.Combine(Path, RecordName);

    private bool IsComplete => _disk.Exists(Record);

    /// <summary>That of the last change.</summary>
    /// <exception cref="MigrationRefusedException">There was none, or its copy was taken away.</exception>
    public static InPlaceFolder Last(string database, IDisk disk) =>
        FindLast(database, disk) ?? throw new MigrationRefusedException($"There is no {new InPlaceFolder(database, 1, disk).Path}: {database} was not changed in place, or its copy was taken away.");

    /// <summary>Copies and checks a database, unless there is a copy from which the database can be put back without losing anything: of a change that it is before, or has come from.</summary>
    /// <param name="database">Nobody may write to it meanwhile.</param>
    /// <param name="digest">What it says.</param>
    /// <param name="time">When that is.</param>
    /// <param name="disk">Its disk.</param>
    /// <exception cref="MigrationRefusedException">The database is damaged: what cannot be read cannot be kept.</exception>
    public static InPlaceFolder BackUp(string database, string digest, DateTimeOffset time, IDisk disk)
    {
        var last = FindLast(database, disk);
        if (last?.Read() is { } known && (known.Before == digest || known.After == digest))
            return last;
        var folder = new InPlaceFolder(database, (last?._number ?? 0) + 1, disk);
        folder.BackUp(digest, time);
        return folder;
    }

    public InPlaceRecord Read()
    {
        using var document = JsonDocument.Parse(_disk.ReadAll(Record));
        var root = document.RootElement;
        return new InPlaceRecord(root.GetProperty("copy_sha256").GetString()!, root.GetProperty("before").GetString()!, root.GetProperty("after").GetString(), root.GetProperty("begun_at").GetDateTimeOffset());
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
            json.WriteString("begun_at", record.BegunAt);
            json.WriteEndObject();
        }

        _disk.Replace(Record, bytes.ToArray());
        _disk.SyncDirectory(Path);
        _disk.SyncDirectory(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path))!);
    }

    /// <summary>The record goes first: without it nothing that is left is believed.</summary>
    public void Delete()
    {
        _disk.Delete(Record);
        _disk.SyncDirectory(Path);
        Directory.Delete(Path, recursive: true);
    }

    private static InPlaceFolder? FindLast(string database, IDisk disk)
    {
        InPlaceFolder? last = null;
        for (var number = 1; new InPlaceFolder(database, number, disk) is { IsComplete: true } folder; number++)
            last = folder;
        return last;
    }

    private void BackUp(string digest, DateTimeOffset time)
    {
        _disk.CreateDirectory(Path);
        foreach (var file in _disk.List(Path, "*"))
            _disk.Delete(file);
        using (var legacy = SqlConnection.Open(_database, readOnly: true))
            legacy.BackUpTo(Copy);
        if (LegacyFile.IntegrityOf(Copy) is var integrity and not "ok")
            throw new MigrationRefusedException($"{_database} is damaged ({integrity}) and is not changed in place. Bring what can be read into a state directory with: atlas migrate plan");
        using (var copy = SqlConnection.OpenImmutable(Copy))
        {
            if (LedgerDigest.Of(copy) != digest)
                throw new LedgerException($"The copy {Copy} does not say what {_database} says.");
        }

        using (var file = _disk.Open(Copy))
            file.Sync();
        Write(new InPlaceRecord(LegacyFile.DigestOf(Copy).Sha256, digest, null, time));
    }
}

/// <summary>What a database was and has become.</summary>
/// <param name="CopySha256">Of the copy's bytes.</param>
/// <param name="Before">What it said (<see cref="LedgerDigest"/>).</param>
/// <param name="After">What it says once it is changed, written down before it is; null until then.</param>
/// <param name="BegunAt">When it was copied: the time of what is moved.</param>
internal sealed record InPlaceRecord(string CopySha256, string Before, string? After, DateTimeOffset BegunAt);
