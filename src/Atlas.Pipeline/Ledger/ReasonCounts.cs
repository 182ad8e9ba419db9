using System.Collections.Immutable;

namespace Atlas.Pipeline.Ledger;

/// <summary>One counter per reason, in an array by the reason's code, because most lines of a bad input are counted here. The writer's thread alone.</summary>
/// <param name="name">The counters' name in the ledger.</param>
/// <param name="inThisRun">Whether they are shown since the start of the run, or as ever.</param>
internal sealed class ReasonCounts(string name, bool inThisRun)
{
    private readonly List<ushort> _used = [];
    private ReasonCount[] _counts = [];
    private ImmutableSortedDictionary<string, long>? _shown;

    public void Load(ushort code, long value)
    {
        ref var count = ref Of(code);
        (count.Now, count.Stored, count.AtStart) = (value, value, value);
    }

    /// <param name="reason">The reason.</param>
    /// <param name="times">How many more; below 0 where what was counted is no longer so.</param>
    public void Add(Reason reason, long times = 1)
    {
        Of(reason.Code).Now += times;
        _shown = null;
    }

    /// <summary>Writes what has changed.</summary>
    public void Save(SqlStatement save)
    {
        foreach (var code in _used)
        {
            ref var count = ref _counts[code];
            if (count.Now == count.Stored)
                continue;
            save.Bind(1, name).Bind(2, code).Bind(3, count.Now).Run();
            count.Stored = count.Now;
        }
    }

    /// <summary>The counts above 0 by the reasons' names.</summary>
    public ImmutableSortedDictionary<string, long> ByName() => _shown ??= Show();

    private ImmutableSortedDictionary<string, long> Show()
    {
        var counts = ImmutableSortedDictionary.CreateBuilder<string, long>(StringComparer.Ordinal);
        foreach (var code in _used)
        {
            var count = _counts[code].Now - (inThisRun ? _counts[code].AtStart : 0);
            if (count != 0)
                counts[new Reason(code).Name] = count;
        }

        return counts.ToImmutable();
    }

    private ref ReasonCount Of(ushort code)
    {
        if (code >= _counts.Length)
            Array.Resize(ref _counts, code + 1);
        ref var count = ref _counts[code];
        if (!count.IsUsed)
        {
            count.IsUsed = true;
            _used.Add(code);
        }

        return ref count;
    }

    private struct ReasonCount
    {
        public long Now, Stored, AtStart;
        public bool IsUsed;
    }
}
