using System.Collections.Concurrent;

namespace Atlas.Pipeline.Ledger;

/// <summary>Numbers for source names, and how far each source's files are committed. The writer's thread alone, but for <see cref="NameOf"/>.</summary>
internal sealed class Sources
{
    private readonly Dictionary<string, int> _ids = [];
    private readonly ConcurrentDictionary<int, string> _names = [];
    private readonly List<(string File, long Offset)> _advances = [];
    private readonly SqlStatement _insert;
    private readonly SqlStatement _advance;

    public Sources(SqlConnection connection)
    {
        _insert = connection.Prepare("INSERT INTO sources(id, name) VALUES(?1, ?2)");
        _advance = connection.Prepare("INSERT INTO source_offsets(source, file, offset) VALUES(?1, ?2, ?3) ON CONFLICT DO UPDATE SET offset = excluded.offset");
        var load = connection.Prepare("SELECT id, name FROM sources");
        while (load.Step())
            Remember((int)load.Int64(0), load.Text(1));
        load.Reset();
    }

    public int IdOf(string name)
    {
        if (_ids.TryGetValue(name, out var known))
            return known;

        var id = _ids.Count + 1;
        _insert.Bind(1, id).Bind(2, name).Run();
        Remember(id, name);
        return id;
    }

    /// <summary>Numbers that were given so far.</summary>
    public int Count => _ids.Count;

    /// <summary>Gives numbers again whose rows were rolled back.</summary>
    /// <param name="count">As many as stay.</param>
    public void TakeBack(int count)
    {
        for (var id = _ids.Count; id > count; id--)
        {
            if (_names.TryRemove(id, out var name))
                _ids.Remove(name);
        }
    }

    /// <summary>Any thread.</summary>
    public string NameOf(int id) => _names[id];

    /// <summary>Stores the positions that the transaction's batches, or others before, have settled.</summary>
    public void SaveAdvances(ReadOnlySpan<SourceProgress> followed)
    {
        foreach (var progress in followed)
        {
            _advances.Clear();
            if (!progress.TryTakeAdvance(_advances))
                continue;
            foreach (var (file, offset) in _advances)
                _advance.Bind(1, progress.Source).Bind(2, file).Bind(3, offset).Run();
        }
    }

    private void Remember(int id, string name)
    {
        _ids[name] = id;
        _names[id] = name;
    }
}
