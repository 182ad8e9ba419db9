using System.Text;

namespace Atlas.Pipeline.Ledger;

/// <summary>The names that come most often, in memory that does not grow with how many there are (the space-saving algorithm: Metwally, Agrawal, El Abbadi, 2005).</summary>
/// <remarks>
/// A count is never too low, and too high by its error at most, which is no more than all weights divided by the capacity; so is the true count of a name that is not held.
/// Allocates nothing after it was made. One caller at a time.
/// </remarks>
internal sealed class HeavyHitters
{
    /// <summary>Bytes of a name that are held: more than the longest host with its port has.</summary>
    public const int LongestName = 264;

    private readonly byte[] _text;
    private readonly Entry[] _entries;

    // A heap over the entries, the least count first.
    private readonly int[] _heap;

    // The entries by hash: the first of each chain, plus one.
    private readonly int[] _chains;
    private int _used;

    /// <param name="capacity">Names held, a power of two.</param>
    public HeavyHitters(int capacity)
    {
        _entries = new Entry[capacity];
        _text = new byte[capacity * LongestName];
        _heap = new int[capacity];
        _chains = new int[2 * capacity];
    }

    /// <summary>All weights that were added.</summary>
    public long Total { get; private set; }

    /// <summary>The most that a name can have which is not held.</summary>
    public long MostMissed => _used < _entries.Length ? 0 : _entries[_heap[0]].Count;

    /// <summary>Counts a name; of a longer one than <see cref="LongestName"/> only the start.</summary>
    public void Add(ReadOnlySpan<byte> name, long weight)
    {
        name = name[..Math.Min(name.Length, LongestName)];
        Total += weight;
        var hash = HashOf(name);
        var place = Find(name, hash);
        if (place < 0)
            place = _used < _entries.Length ? TakeFree() : TakeLeast();
        ref var entry = ref _entries[place];
        if (entry.Length < 0)
            Name(place, name, hash);
        entry.Count += weight;
        SiftDown(entry.HeapPlace);
    }

    /// <summary>What is held, the most frequent first.</summary>
    public IReadOnlyList<HeavyHitter> Top(int most) =>
        [.. _entries.AsSpan(0, _used).ToArray().Select((entry, place) => new HeavyHitter(Encoding.UTF8.GetString(NameAt(place)), entry.Count, entry.Error))
            .OrderByDescending(hit => hit.Count).ThenBy(hit => hit.Name, StringComparer.Ordinal).Take(most)];

    /// <summary>What both have counted, as if one had: a name that one does not hold may have had there what it can have missed.</summary>
    public static HeavyHitters Merge(HeavyHitters one, HeavyHitters other, int capacity)
    {
        var (left, right) = (one.ByName(), other.ByName());
        var merged = left.Keys.Union(right.Keys).Select(name =>
        {
            var a = left.GetValueOrDefault(name) ?? new HeavyHitter(name, one.MostMissed, one.MostMissed);
            var b = right.GetValueOrDefault(name) ?? new HeavyHitter(name, other.MostMissed, other.MostMissed);
            return new HeavyHitter(name, a.Count + b.Count, a.Error + b.Error);
        });
        return Of(merged.OrderByDescending(hit => hit.Count).Take(capacity), one.Total + other.Total, capacity);
    }

    /// <summary>One that holds what another one held.</summary>
    /// <param name="hits">No more than fit; each name once.</param>
    /// <param name="total">All weights.</param>
    /// <param name="capacity">Names held.</param>
    public static HeavyHitters Of(IEnumerable<HeavyHitter> hits, long total, int capacity)
    {
        var made = new HeavyHitters(capacity);
        foreach (var hit in hits)
        {
            made.Add(Encoding.UTF8.GetBytes(hit.Name), hit.Count);
            made._entries[made._used - 1].Error = hit.Error;
        }

        made.Total = total;
        return made;
    }

    private Dictionary<string, HeavyHitter> ByName() => Top(_used).ToDictionary(hit => hit.Name, StringComparer.Ordinal);

    private int TakeFree()
    {
        ref var entry = ref _entries[_used];
        (entry.Length, entry.HeapPlace) = (-1, _used);
        _heap[_used] = _used;
        SiftUp(_used);
        return _used++;
    }

    /// <summary>The name with the least count gives way, and leaves its count to the next one as its error.</summary>
    private int TakeLeast()
    {
        var place = _heap[0];
        ref var entry = ref _entries[place];
        ref var link = ref _chains[ChainOf(entry.Hash)];
        while (link != place + 1)
            link = ref _entries[link - 1].Next;
        link = entry.Next;
        (entry.Error, entry.Length) = (entry.Count, -1);
        return place;
    }

    private void Name(int place, ReadOnlySpan<byte> name, int hash)
    {
        ref var entry = ref _entries[place];
        ref var chain = ref _chains[ChainOf(hash)];
        name.CopyTo(_text.AsSpan(place * LongestName));
        (entry.Length, entry.Hash, entry.Next) = (name.Length, hash, chain);
        chain = place + 1;
    }

    private int Find(ReadOnlySpan<byte> name, int hash)
    {
        for (var link = _chains[ChainOf(hash)]; link > 0; link = _entries[link - 1].Next)
        {
            if (_entries[link - 1].Hash == hash && NameAt(link - 1).SequenceEqual(name))
                return link - 1;
        }

        return -1;
    }

    private ReadOnlySpan<byte> NameAt(int place) => _text.AsSpan(place * LongestName, _entries[place].Length);

    private int ChainOf(int hash) => hash & (_chains.Length - 1);

    private static int HashOf(ReadOnlySpan<byte> name)
    {
        // Seeded anew in every process, so that nobody can choose names that meet in one chain.
        var hash = new HashCode();
        hash.AddBytes(name);
        return hash.ToHashCode();
    }

    private void SiftUp(int at)
    {
        for (var above = (at - 1) / 2; at > 0 && CountAt(at) < CountAt(above); above = (at - 1) / 2)
        {
            Swap(at, above);
            at = above;
        }
    }

    private void SiftDown(int at)
    {
        while (2 * at + 1 < _used)
        {
            var below = 2 * at + 1;
            if (below + 1 < _used && CountAt(below + 1) < CountAt(below))
                below++;
            if (CountAt(at) <= CountAt(below))
                return;
            Swap(at, below);
            at = below;
        }
    }

    private long CountAt(int heapPlace) => _entries[_heap[heapPlace]].Count;

    private void Swap(int a, int b)
    {
        (_heap[a], _heap[b]) = (_heap[b], _heap[a]);
        _entries[_heap[a]].HeapPlace = a;
        _entries[_heap[b]].HeapPlace = b;
    }

    private struct Entry
    {
        public long Count, Error;
        public int Hash, Next, HeapPlace;

        /// <summary>Bytes of the name; below 0 while it has none.</summary>
        public int Length;
    }
}

/// <summary>A name that comes often.</summary>
/// <param name="Name">The name.</param>
/// <param name="Count">How often, never too low.</param>
/// <param name="Error">By how much the count may be too high.</param>
internal sealed record HeavyHitter(string Name, long Count, long Error);
