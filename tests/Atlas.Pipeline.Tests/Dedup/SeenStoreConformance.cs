using Atlas.Pipeline.Dedup;

namespace Atlas.Pipeline.Tests.Dedup;

/// <summary>What every store of seen keys must do.</summary>
public abstract class SeenStoreConformance : IDisposable
{
    private readonly DedupTestBed _bed = new();

    private protected abstract ISeenStore Make(string directory);

    public void Dispose()
    {
        _bed.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public void A_key_is_new_once_within_a_call_and_across_calls()
    {
        using var store = Make(_bed.Seen);
        var isNew = new bool[4];

        store.AddIfAbsent([1, 2, 1, 0], isNew);
        Assert.Equal([true, true, false, true], isNew);
        store.AddIfAbsent([2, 3, 0, UInt128.MaxValue], isNew);
        Assert.Equal([false, true, false, true], isNew);
        Assert.Equal(5, store.Count);
    }

    [Fact]
    public void An_empty_call_adds_nothing()
    {
        using var store = Make(_bed.Seen);
        store.AddIfAbsent([], []);
        Assert.Equal(0, store.Count);
    }

    [Fact]
    public void It_agrees_with_a_set_on_many_keys_that_come_again()
    {
        using var store = Make(_bed.Seen);
        var distinct = DedupTestBed.Keys(150_000, seed: 7);
        var random = new Random(8);
        var known = new HashSet<UInt128>();
        var isNew = new bool[UrlBatch.MaxRows];
        var batch = new UInt128[UrlBatch.MaxRows];
        for (var round = 0; round < 200_000 / batch.Length; round++)
        {
            for (var i = 0; i < batch.Length; i++)
                batch[i] = distinct[random.Next(distinct.Length)];
            store.AddIfAbsent(batch, isNew);
            for (var i = 0; i < batch.Length; i++)
                Assert.Equal(known.Add(batch[i]), isNew[i]);
        }

        Assert.Equal(known.Count, store.Count);
        Assert.Equal(0, DedupTestBed.AddAll(store, known.ToArray()));
    }

    [Fact]
    public void A_key_is_found_from_when_it_was_added_and_asking_adds_nothing()
    {
        using var store = Make(_bed.Seen);
        var keys = DedupTestBed.Keys(1_000, seed: 11);
        var above = new long[UrlBatch.MaxRows];

        store.Find(keys.AsSpan(0, 200), above);
        Assert.All(above[..200], value => Assert.Equal(ISeenStore.Unknown, value));
        DedupTestBed.AddAll(store, [.. keys[..500], 0]);
        store.Find([.. keys.AsSpan(450, 100), 0], above);

        Assert.All(above[..50], value => Assert.Equal(0, value));
        Assert.All(above[50..100], value => Assert.Equal(ISeenStore.Unknown, value));
        Assert.Equal(0, above[100]);
        Assert.Equal(501, store.Count);
    }

    [Fact]
    public void Of_many_threads_with_one_key_one_wins()
    {
        using var store = Make(_bed.Seen);
        var keys = DedupTestBed.Keys(20_000, seed: 9);
        var added = 0;
        Parallel.For(0, 4, _ => Interlocked.Add(ref added, DedupTestBed.AddAll(store, keys)));
        Assert.Equal(keys.Length, added);
    }
}

public sealed class InMemorySeenStoreTests : SeenStoreConformance
{
    private protected override ISeenStore Make(string directory) => new InMemorySeenStore();
}

public sealed class FasterSeenStoreConformanceTests : SeenStoreConformance
{
    private protected override ISeenStore Make(string directory) =>
        FasterSeenStore.Open(directory, DedupTestBed.Small, new KeyLedger(), new Seams());
}
