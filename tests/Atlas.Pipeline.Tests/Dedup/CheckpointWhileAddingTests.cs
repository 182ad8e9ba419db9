using Atlas.Pipeline.Dedup;

namespace Atlas.Pipeline.Tests.Dedup;

/// <summary>The parts of a checkpoint that take long are done while keys are added: what comes meanwhile must be whole on one side of it.</summary>
public sealed class CheckpointWhileAddingTests : IDisposable
{
    private const int Rounds = 5;

    // Far more than the table has entries for, so that most of its buckets overflow while they are written.
    private static readonly DedupOptions Crowded = DedupTestBed.Small with { ExpectedUrls = 4_000 };

    private readonly DedupTestBed _bed = new();
    private readonly KeyLedger _ledger = new();

    public void Dispose() => _bed.Dispose();

    [Fact]
    public async Task No_key_is_lost_and_none_is_known_too_early_whatever_is_added_while_a_checkpoint_is_written()
    {
        for (var round = 0; round < Rounds; round++)
        {
            UInt128[] lost;
            using (var store = FasterSeenStore.Open(_bed.Seen, Crowded, _ledger, new Seams()))
            {
                // Every other checkpoint shares the table of the one before it.
                store.NewKeysPerTable = round % 2 == 0 ? 0 : long.MaxValue;
                Assert.Equal(round == 0, store.WasRebuilt);
                Assert.Equal(_ledger.Keys.Count, store.Count);
                Assert.Equal(0, DedupTestBed.AddAll(store, _ledger.Keys.ToArray()));

                var table = await AddingMeanwhile(store, store.WriteTableIfDueAsync(), _ledger.Keys, seed: 3 * round);
                var cut = store.Cut(_ledger.LastSequence, new InFlight());
                var later = new List<UInt128>();
                var checkpoint = await AddingMeanwhile(store, store.SealCheckpointAsync(table, cut), later, seed: 3 * round + 1);
                _ledger.LastSeenCheckpoint = checkpoint;

                // Of what came behind the checkpoint half was committed.
                _ledger.Keys.AddRange(later.Take(later.Count / 2));
                lost = [.. later.Skip(later.Count / 2)];
            }

            using var again = FasterSeenStore.Open(_bed.Seen, Crowded, _ledger, new Seams());
            Assert.False(again.WasRebuilt);
            Assert.Equal(0, DedupTestBed.AddAll(again, _ledger.Keys.ToArray()));
            Assert.Equal(lost.Length, DedupTestBed.AddAll(again, lost));
        }
    }

    private static async Task<T> AddingMeanwhile<T>(FasterSeenStore store, Task<T> part, List<UInt128> added, int seed)
    {
        var some = DedupTestBed.Keys(60_000, seed);
        for (var start = 0; start < some.Length && (start < 5_000 || !part.IsCompleted); start += 100)
        {
            DedupTestBed.AddAll(store, some.AsSpan(start, 100));
            added.AddRange(some.AsSpan(start, 100));
        }

        return await part;
    }
}
