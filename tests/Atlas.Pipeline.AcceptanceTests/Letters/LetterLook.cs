using System.Text.Json;
using Atlas.Pipeline.AcceptanceTests.Crash;
using Microsoft.Data.Sqlite;

namespace Atlas.Pipeline.AcceptanceTests.Letters;

/// <summary>Where every line of a <see cref="LetterState"/> is, read from outside: from a copy, and without a line of the program's own code.</summary>
internal sealed class LetterLook
{
    private readonly Dictionary<string, int> _refused = [], _queued = [], _dead = [], _inWork = [], _purged = [], _kept = [];

    private LetterLook(string state, IEnumerable<string> backups)
    {
        foreach (var line in backups.SelectMany(File.ReadLines))
            Add(_kept, JsonDocument.Parse(line).RootElement.GetProperty("url").GetString()!);
        var copy = Directory.CreateTempSubdirectory("atlas-letters-look-").FullName;
        try
        {
            foreach (var file in Directory.GetFiles(state, "ledger.db*").Where(file => !file.EndsWith("-shm", StringComparison.Ordinal)))
                File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
            using var database = new SqliteConnection($"Data Source={Path.Combine(copy, "ledger.db")};Pooling=False");
            database.Open();
            Fill(database);
        }
        finally
        {
            Directory.Delete(copy, recursive: true);
        }
    }

    /// <summary>Letters of any kind.</summary>
    public int Letters => _refused.Values.Sum() + _dead.Values.Sum();

    public bool HasUnfinished { get; private set; }

    public int Damaged { get; private set; }

    /// <summary>Counts that do not fit their rows.</summary>
    public int Beyond { get; private set; }

    public static LetterLook At(string state, IEnumerable<string>? backups = null) => new(state, backups ?? []);

    /// <param name="all">What the state was made of.</param>
    public CrashFindings Find(LetterState all)
    {
        int lost = 0, twice = 0;
        foreach (var line in all.Passing.Concat(all.Refused))
        {
            var places = Of(_refused, line) + Of(_queued, line);
            lost += places + Of(_kept, line) == 0 ? 1 : 0;
            twice += places > 1 ? 1 : 0;
        }

        foreach (var line in all.Dead)
        {
            var places = Of(_dead, line) + Of(_inWork, line) + Of(_refused, line);
            lost += places + Of(_kept, line) == 0 ? 1 : 0;
            twice += places > 1 || Of(_queued, line) > 1 ? 1 : 0;
        }

        return new CrashFindings(1, lost, twice, Beyond, Damaged);
    }

    private static int Of(Dictionary<string, int> lines, string line) => lines.GetValueOrDefault(line);

    private static void Add(Dictionary<string, int> lines, string line) => lines[line] = lines.GetValueOrDefault(line) + 1;

    private void Fill(SqliteConnection database)
    {
        Damaged = Texts(database, "PRAGMA integrity_check").Count(line => line != "ok");
        var queues = string.Join(" UNION ALL ", Texts(database, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'queue\\_%' ESCAPE '\\'").Select(queue => $"SELECT seq, CAST(url AS TEXT) AS url FROM {queue}"));
        Read(_refused, "SELECT CAST(line AS TEXT) FROM refused");
        Read(_queued, $"SELECT url FROM ({queues})");
        Read(_dead, "SELECT CAST(source_url AS TEXT) FROM dead");
        Read(_inWork, $"SELECT q.url FROM ({queues}) q JOIN work w ON w.seq = q.seq");
        Read(_purged, $"SELECT q.url FROM ({queues}) q JOIN purged p ON p.seq = q.seq");
        HasUnfinished = Number("SELECT count(*) FROM replays WHERE ended_at IS NULL") > 0;
        Beyond = (int)Number("SELECT count(*) FROM replays r WHERE wanted <> left_here + died_again + (SELECT count(*) FROM replay_items i WHERE i.replay = r.id)")
            + (Number($"SELECT count(*) FROM ({queues})") == Counter("admitted") ? 0 : 1)
            + (Number("SELECT count(*) FROM purged") == Counter("purged") ? 0 : 1)
            + (Number("SELECT count(*) FROM dead") == Counter("dead") ? 0 : 1)
            + (Number("SELECT count(*) FROM refused") <= Counter("rejected") ? 0 : 1);

        void Read(Dictionary<string, int> into, string sql)
        {
            foreach (var line in Texts(database, sql))
                Add(into, line);
        }

        long Counter(string name) => Number($"SELECT coalesce(sum(value), 0) FROM counters WHERE name = '{name}'");

        long Number(string sql)
        {
            using var command = database.CreateCommand();
            command.CommandText = sql;
            return (long)command.ExecuteScalar()!;
        }
    }

    private static List<string> Texts(SqliteConnection database, string sql)
    {
        using var command = database.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        var texts = new List<string>();
        while (reader.Read())
            texts.Add(reader.GetString(0));
        return texts;
    }
}
