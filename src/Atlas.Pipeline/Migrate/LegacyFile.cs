using System.Security.Cryptography;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Migrate;

/// <summary>A legacy database, open for reading. Nothing is written to it, and nothing is made beside it.</summary>
/// <remarks>Where a WAL or a journal lies beside it, SQLite would have to recover it in place: then both are copied, and the copy is opened.</remarks>
internal sealed class LegacyFile : IDisposable
{
    private static readonly string[] Companions = ["-wal", "-journal"];

    private readonly string? _scratch;

    private LegacyFile(string path, SqlConnection connection, string? scratch) => (Path, Connection, _scratch) = (path, connection, scratch);

    /// <summary>Where the database lies, as it was given.</summary>
    public string Path { get; }

    public SqlConnection Connection { get; }

    /// <summary>What people call databases: the file's name without folders, and all of its path where several have the same.</summary>
    public static IReadOnlyList<string> NamesOf(IReadOnlyList<string> paths)
    {
        var names = paths.Select(path => System.IO.Path.GetFileName(path)).ToList();
        return [.. names.Select((name, i) => names.IndexOf(name) == names.LastIndexOf(name) ? name : System.IO.Path.GetFullPath(paths[i]))];
    }

    /// <exception cref="LedgerException">It is no database, or cannot be opened.</exception>
    /// <exception cref="IOException">It, or what lies beside it, cannot be read or copied.</exception>
    public static LegacyFile Open(string path)
    {
        if (!File.Exists(path))
            throw new FileNotFoundException($"There is no file {path}.");
        var scratch = HasCompanion(path) ? Directory.CreateTempSubdirectory("atlas-legacy-").FullName : null;
        SqlConnection? connection = null;
        try
        {
            connection = scratch is null ? SqlConnection.OpenImmutable(path) : SqlConnection.Open(CopyTo(scratch, path));
            _ = connection.Scalar("SELECT count(*) FROM sqlite_schema");
            return new LegacyFile(path, connection, scratch);
        }
        catch
        {
            connection?.Dispose();
            Remove(scratch);
            throw;
        }
    }

    /// <summary>Bytes and SHA-256 of a database file, and behind it of a WAL or journal beside it if there is one.</summary>
    public static (long Bytes, string Sha256) DigestOf(string path)
    {
        using var all = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        long bytes = 0;
        var buffer = new byte[1 << 20];
        foreach (var part in (string[])[path, .. Companions.Select(companion => path + companion).Where(IsThere)])
        {
            using var file = File.OpenRead(part);
            for (int read; (read = file.Read(buffer)) > 0; bytes += read)
                all.AppendData(buffer.AsSpan(0, read));
        }

        return (bytes, Convert.ToHexStringLower(all.GetHashAndReset()));
    }

    /// <summary>Opens a database that is worked on to read it. What a transaction has left that somebody died in is taken back first, for which it must be written to.</summary>
    public static SqlConnection OpenRecovered(string path) => SqlConnection.Open(path, readOnly: !IsThere(path + "-journal"));

    /// <summary>What SQLite's integrity check says of a database that nobody writes to: <c>ok</c>, or its first complaint. One that complains is asked twice: it says of a read that failed that the file is damaged.</summary>
    public static string IntegrityOf(string path)
    {
        var said = "";
        for (var time = 0; time < 2 && said != "ok"; time++)
        {
            using var database = SqlConnection.OpenImmutable(path);
            try
            {
                said = database.Text("PRAGMA integrity_check(1)").ReplaceLineEndings(" ");
            }
            catch (LedgerException damage) when (LegacyScan.IsDamage(damage))
            {
                said = damage.Message;
            }
        }

        return said;
    }

    public void Dispose()
    {
        Connection.Dispose();
        Remove(_scratch);
    }

    private static bool HasCompanion(string path) => Companions.Any(companion => IsThere(path + companion));

    private static bool IsThere(string path) => new FileInfo(path) is { Exists: true, Length: > 0 };

    private static string CopyTo(string scratch, string path)
    {
        var copy = System.IO.Path.Combine(scratch, "legacy.db");
        File.Copy(path, copy);
        foreach (var companion in Companions.Where(companion => IsThere(path + companion)))
            File.Copy(path + companion, copy + companion);
        return copy;
    }

    private static void Remove(string? scratch)
    {
        if (scratch is not null)
            Directory.Delete(scratch, recursive: true);
    }
}
