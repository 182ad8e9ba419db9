using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Data.Sqlite;

namespace Atlas.Pipeline.AcceptanceTests.Crash;

/// <summary>What a killed program has left, read from outside: from a copy, so that the looking changes nothing, and without a line of the program's own code.</summary>
internal sealed class CrashedLedger
{
    private CrashedLedger()
    {
    }

    /// <summary>What the rows stand for, in the order of their sequence numbers.</summary>
    public IReadOnlyList<(bool IsRefused, int Number)> Rows { get; private set; } = [];

    /// <summary>Committed positions by file identity.</summary>
    public IReadOnlyDictionary<string, long> Offsets { get; private set; } = new Dictionary<string, long>();

    /// <summary>Lines whose fate is durable, by the counters.</summary>
    public long Received { get; private set; }

    /// <summary>What SQLite finds wrong, documents that stand twice, bodies that are not what their rows say.</summary>
    public IReadOnlyList<string> Damage { get; private set; } = [];

    public static CrashedLedger Read(string state)
    {
        var copy = Directory.CreateTempSubdirectory("atlas-crashed-").FullName;
        try
        {
            var found = new CrashedLedger();
            if (!File.Exists(Path.Combine(state, "ledger.db")))
                return found;
            foreach (var file in (string[])["ledger.db", "ledger.db-wal", "ledger.db-journal"])
            {
                if (File.Exists(Path.Combine(state, file)))
                    File.Copy(Path.Combine(state, file), Path.Combine(copy, file));
            }

            using var database = new SqliteConnection($"Data Source={Path.Combine(copy, "ledger.db")};Pooling=False");
            database.Open();
            found.Fill(database, state);
            return found;
        }
        finally
        {
            Directory.Delete(copy, recursive: true);
        }
    }

    private void Fill(SqliteConnection database, string state)
    {
        var damage = Texts(database, "PRAGMA integrity_check").Where(line => line != "ok").ToList();
        Damage = damage;
        var queues = Texts(database, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'queue\\_%' ESCAPE '\\'").ToList();
        if (queues.Count == 0)
            return;

        var rows = string.Join(" UNION ALL ", queues.Select(queue => $"SELECT seq, url FROM {queue}"));
        Rows = Texts(database, $"SELECT CAST(url AS TEXT), seq FROM ({rows} UNION ALL SELECT seq, source_url FROM dead_letter_queue WHERE was_admitted = 0) ORDER BY 2").Select(CrashLines.KeyOf).ToList();
        Offsets = Pairs(database, "SELECT file, offset FROM source_offsets").ToDictionary(pair => pair.Text, pair => pair.Number);
        Received = Pairs(database, "SELECT name, sum(value) FROM counters WHERE name = 'received' GROUP BY name").Sum(pair => pair.Number);
        damage.AddRange(Pairs(database, "SELECT content_id, count(*) FROM content_metadata GROUP BY content_id HAVING count(*) > 1").Select(pair => $"document {pair.Text} stands {pair.Number} times"));
        damage.AddRange(WrongBodies(database, Path.Combine(state, "bodies")));
    }

    private static IEnumerable<string> WrongBodies(SqliteConnection database, string bodies)
    {
        using var command = database.CreateCommand();
        command.CommandText = "SELECT source_url, body_sha256, segment, body_offset, body_length, exchange_segment, exchange_offset, exchange_length FROM content_metadata";
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            if (!SHA256.HashData(BytesAt(bodies, reader, 2)).AsSpan().SequenceEqual((byte[])reader.GetValue(1)))
                yield return $"the body of {reader.GetString(0)} is not what its row says";
            if (HttpExchange.Parse(BytesAt(bodies, reader, 5)) is null)
                yield return $"the headers of {reader.GetString(0)} are not whole";
        }
    }

    /// <summary>What lies at the segment, offset and length that begin at a column; less if the file ends before.</summary>
    private static byte[] BytesAt(string bodies, SqliteDataReader row, int column)
    {
        using var segment = File.OpenRead(Path.Combine(bodies, row.GetInt32(column).ToString("D8", CultureInfo.InvariantCulture) + ".seg"));
        segment.Position = row.GetInt64(column + 1);
        var bytes = new byte[row.GetInt32(column + 2)];
        return bytes[..segment.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
    }

    private static IEnumerable<string> Texts(SqliteConnection database, string sql)
    {
        using var command = database.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        while (reader.Read())
            yield return reader.GetString(0);
    }

    private static IEnumerable<(string Text, long Number)> Pairs(SqliteConnection database, string sql)
    {
        using var command = database.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        while (reader.Read())
            yield return (reader.GetString(0), reader.GetInt64(1));
    }
}
