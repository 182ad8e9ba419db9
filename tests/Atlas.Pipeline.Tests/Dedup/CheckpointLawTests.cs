using Atlas.Pipeline.Dedup;
using FsCheck.Xunit;

namespace Atlas.Pipeline.Tests.Dedup;

/// <summary>Whatever is decided, committed and checkpointed in whatever order, and wherever the process dies: a key is known afterwards if and only if its row was committed.</summary>
public sealed class CheckpointLawTests : IDisposable
{
    private const int MostUnderWay = 12;

    private readonly DedupTestBed _bed = new();
    private readonly UrlBatchPool _pool = new();

    public void Dispose() => _bed.Dispose();

    [Property(MaxTest = 30)]
    public async Task A_key_is_known_after_a_crash_if_its_row_was_committed_and_only_then(int seed)
    {
        var chance = new Random(seed);
        var ledger = new KeyLedger();
        var seen = Path.Combine(_bed.Directory, "of-one-seed");
        var next = 1;
        for (var life = 0; life < 4; life++)
        {
            var lost = await LiveAsync(seen, ledger, chance, next);
            next += 200_000;

            using var store = Open(seen, ledger);
            Assert.Equal(ledger.LastSeenCheckpoint is null, store.WasRebuilt);
            Assert.Equal(ledger.Keys.Count, store.Count);
            Assert.Equal(0, DedupTestBed.AddAll(store, ledger.Keys.ToArray()));
            Assert.Equal(lost.Length, DedupTestBed.AddAll(store, lost));
        }

        Directory.Delete(seen, recursive: true);
    }

    /// <summary>One life of the process; gives the keys that it had decided and not committed.</summary>
    private async Task<UInt128[]> LiveAsync(string seen, KeyLedger ledger, Random chance, int next)
    {
        var underWay = new List<UrlBatch>();
        Task<bool> taking = Task.FromResult(true);
        using (var store = Open(seen, ledger))
        using (var stage = new DedupStage(DedupTestBed.Small with { CheckpointEveryUrls = int.MaxValue }, store))
        using (var checkpoints = new SeenCheckpoints(stage, store, ledger, new Seams()) { QuietDeadline = TimeSpan.FromMilliseconds(200) })
        {
            // Some tables are shared, some are not; cuts come every few batches.
            store.NewKeysPerTable = chance.Next(2) == 0 ? 0 : 5000;
            store.BytesPerCut = chance.Next(1, 40) * 1024;
            for (var step = chance.Next(20, 200); step > 0; step--)
            {
                if (underWay.Count < MostUnderWay)
                    underWay.Add(await DecideAsync(stage, chance, ref next));
                while (underWay.Count > 0 && chance.Next(3) > 0)
                    Commit(ledger, underWay, chance.Next(underWay.Count));
                if (taking.IsCompleted && chance.Next(8) == 0)
                    taking = checkpoints.TakeAsync();
                if (chance.Next(20) == 0)
                    await Task.Delay(1);
            }

            // It dies here, in the middle of a checkpoint or not: one that has not come to its end finds no more rows committed.
            await taking;
        }

        return [.. underWay.SelectMany(Keys)];
    }

    private static FasterSeenStore Open(string seen, KeyLedger ledger) => FasterSeenStore.Open(seen, DedupTestBed.Small, ledger, new Seams());

    private ValueTask<UrlBatch> DecideAsync(DedupStage stage, Random chance, ref int next)
    {
        var batch = _pool.Rent();
        for (var left = chance.Next(1, UrlBatch.MaxRows); left > 0; left--)
            batch.Rows[batch.Count++] = new UrlRow { ContentId = (UInt128)next++ };
        return Decided();

        async ValueTask<UrlBatch> Decided()
        {
            await stage.ProcessAsync(batch);
            return batch;
        }
    }

    private static void Commit(KeyLedger ledger, List<UrlBatch> underWay, int which)
    {
        ledger.Keys.AddRange(Keys(underWay[which]));
        underWay[which].Release();
        underWay.RemoveAt(which);
    }

    private static IEnumerable<UInt128> Keys(UrlBatch batch) => Enumerable.Range(0, batch.Count).Select(row => SeenKey.OfAdmitted(batch.Rows[row].ContentId));
}
