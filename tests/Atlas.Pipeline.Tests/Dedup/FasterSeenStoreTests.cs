using Atlas.Pipeline.Dedup;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Tests.Dedup;

public sealed class FasterSeenStoreTests : IDisposable
{
    private readonly DedupTestBed _bed = new();
    private readonly KeyLedger _ledger = new();

    public void Dispose() => _bed.Dispose();

    [Fact]
    public async Task After_a_checkpoint_it_opens_with_all_keys_and_without_going_through_the_ledger()
    {
        var keys = DedupTestBed.Keys(100_000, seed: 1);
        await FillAsync(keys, above: []);
        _ledger.Keys.Clear();

        using var store = Open();
        Assert.False(store.WasRebuilt);
        Assert.Equal(keys.Length, store.Count);
        Assert.Equal(0, DedupTestBed.AddAll(store, keys));
        Assert.Equal(1000, DedupTestBed.AddAll(store, DedupTestBed.Keys(1000, seed: 2)));
    }

    [Fact]
    public async Task Keys_above_the_checkpoint_come_from_the_ledger()
    {
        var keys = DedupTestBed.Keys(30_000, seed: 1);
        var later = DedupTestBed.Keys(30_000, seed: 2);
        await FillAsync(keys, later);

        using var store = Open();
        Assert.False(store.WasRebuilt);
        Assert.Equal(0, DedupTestBed.AddAll(store, [.. keys, .. later]));
    }

    /// <summary>Once, a read of the ledger that failed was taken for a doubt about the index: it was deleted, and rebuilt from all rows.</summary>
    [Fact]
    public async Task A_ledger_that_cannot_be_read_fails_the_start_and_leaves_the_index_as_it_is()
    {
        var keys = DedupTestBed.Keys(1000, seed: 1);
        await FillAsync(keys, above: []);
        _ledger.ScanFailure = new LedgerException("disk I/O error");

        Assert.Throws<LedgerException>(Open);

        _ledger.ScanFailure = null;
        using var again = Open();
        Assert.False(again.WasRebuilt);
        Assert.Equal(0, DedupTestBed.AddAll(again, keys));
    }

    [Fact]
    public async Task A_key_that_was_never_committed_is_new_again()
    {
        await FillAsync(DedupTestBed.Keys(1000, seed: 1), above: []);
        var lost = DedupTestBed.Keys(50_000, seed: 3);
        using (var store = Open())
            DedupTestBed.AddAll(store, lost);

        using var again = Open();
        Assert.False(again.WasRebuilt);
        Assert.Equal(lost.Length, DedupTestBed.AddAll(again, lost));
    }

    /// <summary>Once, the first page that left memory after a recovery changed header bits below the checkpoint's tail, and every later start was a rebuild.</summary>
    [Fact]
    public async Task A_log_that_outgrew_its_memory_after_the_checkpoint_recovers_from_it()
    {
        var kept = DedupTestBed.Keys(300_000, seed: 1);
        await FillAsync(kept, above: []);
        var later = DedupTestBed.Keys(1000, seed: 2);
        var lost = DedupTestBed.Keys(400_000, seed: 3);
        using (var store = Open())
        {
            Assert.False(store.WasRebuilt);
            DedupTestBed.AddAll(store, later);
            _ledger.Keys.AddRange(later);
            DedupTestBed.AddAll(store, lost);
        }

        using var again = Open();
        Assert.False(again.WasRebuilt);
        Assert.Equal(0, DedupTestBed.AddAll(again, [.. kept, .. later]));
        Assert.Equal(lost.Length, DedupTestBed.AddAll(again, lost));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8192)]
    [InlineData(20_000)]
    public async Task A_checkpoint_may_end_where_the_log_has_long_left_memory(int before)
    {
        UInt128[] kept = DedupTestBed.Keys(before, seed: 1), lost = DedupTestBed.Keys(300_000, seed: 2);
        using (var store = Open())
        {
            var table = await store.WriteTableIfDueAsync();
            DedupTestBed.AddAll(store, kept);
            _ledger.Keys.AddRange(kept);
            var cut = store.Cut(_ledger.LastSequence, new InFlight());
            DedupTestBed.AddAll(store, lost);
            _ledger.LastSeenCheckpoint = await store.SealCheckpointAsync(table, cut);
        }

        using (var again = Open())
        {
            Assert.False(again.WasRebuilt);
            Assert.Equal(before, again.Count);
            Assert.Equal(0, DedupTestBed.AddAll(again, kept));
            Assert.Equal(lost.Length, DedupTestBed.AddAll(again, lost));
        }

        using var once = Open();
        Assert.False(once.WasRebuilt);
        Assert.Equal(lost.Length, DedupTestBed.AddAll(once, lost));
    }

    [Fact]
    public async Task Damage_below_the_checkpoint_is_noticed_in_a_log_that_outgrew_its_memory_too()
    {
        var kept = DedupTestBed.Keys(1000, seed: 1);
        await FillAsync(kept, above: []);
        using (var store = Open())
            DedupTestBed.AddAll(store, DedupTestBed.Keys(200_000, seed: 3));
        Flip(Path.Combine(_bed.Seen, "log.0"), at: 1000 * 32);

        using var again = Open();
        Assert.True(again.WasRebuilt);
        Assert.Equal(0, DedupTestBed.AddAll(again, kept));
    }

    [Fact]
    public void Without_a_checkpoint_it_is_rebuilt_from_the_ledger()
    {
        _ledger.Keys.AddRange(DedupTestBed.Keys(20_000, seed: 1));
        using (var store = Open())
            DedupTestBed.AddAll(store, DedupTestBed.Keys(10_000, seed: 2));

        using var again = Open();
        Assert.True(again.WasRebuilt);
        Assert.Equal(_ledger.Keys.Count, again.Count);
        Assert.Equal(0, DedupTestBed.AddAll(again, _ledger.Keys.ToArray()));
    }

    [Fact]
    public void A_rebuild_tells_how_far_it_is()
    {
        _ledger.Keys.AddRange(DedupTestBed.Keys(20_000, seed: 1));
        var progress = new StepProgress(TimeProvider.System);

        using var store = FasterSeenStore.Open(_bed.Seen, DedupTestBed.Small, _ledger, new Seams(), progress);

        var step = progress.Look();
        Assert.Equal(("rebuilding the dedup index from the ledger", 20_000L, 20_000L), (step.Name, step.Done, step.Total));
    }

    [Fact]
    public async Task A_damaged_file_ends_in_a_rebuild_and_a_damaged_filter_in_a_new_one()
    {
        var keys = DedupTestBed.Keys(3000, seed: 1);
        await FillAsync(keys, above: []);
        var damaged = 0;
        foreach (var damage in new Action<string>[] { File.Delete, Truncate, Flip })
        {
            for (var file = 0; ; file++)
            {
                var names = SeenManifest.Parse(_ledger.LastSeenCheckpoint!.Manifest).Stretches.Where(stretch => stretch.Length > 0).ToArray();
                if (file >= names.Length)
                    break;
                damage(Path.Combine(_bed.Seen, names[file].Name));
                damaged++;
                using var store = Open();
                Assert.Equal(!names[file].Name.StartsWith("filter.", StringComparison.Ordinal), store.WasRebuilt);
                Assert.Equal(0, DedupTestBed.AddAll(store, keys));
                _ledger.LastSeenCheckpoint = await store.CheckpointAsync(_ledger.LastSequence);
                new SeenFiles(_bed.Seen, new Seams().Disk).Verify(SeenManifest.Parse(_ledger.LastSeenCheckpoint.Manifest));
                Assert.True(new SeenFiles(_bed.Seen, new Seams().Disk).FilterIsWhole(SeenManifest.Parse(_ledger.LastSeenCheckpoint.Manifest)));
            }
        }

        Assert.InRange(damaged, 12, 100);
    }

    [Fact]
    public async Task A_log_that_cannot_be_read_any_more_is_an_error_and_makes_no_known_key_new()
    {
        var keys = DedupTestBed.Keys(300_000, seed: 1);
        using var store = Open();
        DedupTestBed.AddAll(store, keys);

        // A page that is written after the truncation would make the file long again, and a hole reads as zeros.
        await store.CheckpointAsync(0);
        using (var log = new FileStream(Path.Combine(_bed.Seen, "log.0"), FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete))
            log.SetLength(0);

        Assert.Throws<IOException>(() => DedupTestBed.AddAll(store, keys.AsSpan(0, 1000)));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_log_that_cannot_be_written_is_an_error_and_never_a_standstill_or_a_checkpoint()
    {
        using var store = Open();
        Directory.CreateDirectory(Path.Combine(_bed.Seen, "log.0"));

        Assert.Throws<IOException>(() => DedupTestBed.AddAll(store, DedupTestBed.Keys(300_000, seed: 1)));
        await Assert.ThrowsAsync<IOException>(() => store.CheckpointAsync(0).WaitAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_manifest_that_makes_no_sense_ends_in_a_rebuild()
    {
        var keys = DedupTestBed.Keys(3000, seed: 1);
        await FillAsync(keys, above: []);
        _ledger.LastSeenCheckpoint = _ledger.LastSeenCheckpoint! with { Manifest = "nonsense" };

        using var store = Open();
        Assert.True(store.WasRebuilt);
        Assert.Equal(0, DedupTestBed.AddAll(store, keys));
    }

    /// <summary>Files of SHA-256's time are whole, and say nothing that could be compared.</summary>
    [Fact]
    public async Task A_checkpoint_of_an_older_version_ends_in_a_rebuild()
    {
        var keys = DedupTestBed.Keys(3000, seed: 1);
        await FillAsync(keys, above: []);
        var manifest = SeenManifest.Parse(_ledger.LastSeenCheckpoint!.Manifest);
        _ledger.LastSeenCheckpoint = _ledger.LastSeenCheckpoint with { Manifest = (manifest with { Shape = "3" + manifest.Shape[1..] }).ToText() };

        using var store = Open();
        Assert.True(store.WasRebuilt);
        Assert.Equal(0, DedupTestBed.AddAll(store, keys));
    }

    /// <summary>A hash table of 128 MiB is sealed as two stretches or more, each with a hash of its own.</summary>
    [Fact]
    public async Task Damage_to_any_stretch_of_a_large_hash_table_is_noticed()
    {
        var large = DedupTestBed.Small with { ExpectedUrls = 7_000_000 };
        var keys = DedupTestBed.Keys(3000, seed: 1);
        _ledger.Keys.AddRange(keys);
        using (var store = FasterSeenStore.Open(_bed.Seen, large, _ledger, new Seams()))
            _ledger.LastSeenCheckpoint = await store.CheckpointAsync(_ledger.LastSequence);
        var manifest = SeenManifest.Parse(_ledger.LastSeenCheckpoint.Manifest);
        var table = manifest.Stretches.GroupBy(stretch => stretch.Name).Single(file => file.Count() > 1).ToArray();
        var files = new SeenFiles(_bed.Seen, new Seams().Disk);
        files.Verify(manifest);

        foreach (var stretch in table)
        {
            var last = stretch.Start + stretch.Length - 1;
            FlipIn(stretch.Name, last);
            Assert.Throws<InvalidDataException>(() => files.Verify(manifest));
            FlipIn(stretch.Name, last);
        }

        new SeenFiles(_bed.Seen, new Seams().Disk).Verify(manifest);
        Assert.Equal(new FileInfo(Path.Combine(_bed.Seen, table[0].Name)).Length, table.Sum(stretch => stretch.Length));

        void FlipIn(string name, long at)
        {
            using var file = new FileStream(Path.Combine(_bed.Seen, name), FileMode.Open, FileAccess.ReadWrite);
            file.Position = at;
            var value = file.ReadByte();
            file.Position = at;
            file.WriteByte((byte)(value ^ 0x10));
        }
    }

    /// <summary>A log of 96 MB: a start reads its last stretch, and the first one beside the run.</summary>
    [Fact]
    public async Task Damage_in_a_part_of_the_log_that_a_start_does_not_need_ends_the_run_and_the_next_start_rebuilds()
    {
        var keys = DedupTestBed.Keys(3_000_000, seed: 1);
        var options = DedupTestBed.Small with { ExpectedUrls = keys.Length };
        await FillAsync(keys, above: [], options);
        using (var whole = FasterSeenStore.Open(_bed.Seen, options, _ledger, new Seams()))
            Assert.Equal(0, DedupTestBed.AddAll(whole, keys.AsSpan(0, 1000)));
        Flip(Path.Combine(_bed.Seen, "log.0"), at: 1000 * 32);

        using (var store = FasterSeenStore.Open(_bed.Seen, options, _ledger, new Seams()))
        {
            Assert.False(store.WasRebuilt);
            var damage = Assert.Throws<IOException>(() => DedupTestBed.AddAll(store, keys.AsSpan(0, 2000)));
            Assert.StartsWith("The dedup index is damaged: 'log.0' is not as its checkpoint left it", damage.Message, StringComparison.Ordinal);
            await Assert.ThrowsAsync<IOException>(() => store.CheckpointAsync(0));
        }

        Flip(Path.Combine(_bed.Seen, "log.0"), at: 1000 * 32);
        Assert.Throws<InvalidDataException>(() => new SeenFiles(_bed.Seen, new Seams().Disk).Verify(SeenManifest.Parse(_ledger.LastSeenCheckpoint!.Manifest)));
        using var again = FasterSeenStore.Open(_bed.Seen, options, _ledger, new Seams());
        Assert.True(again.WasRebuilt);
        Assert.Equal(0, DedupTestBed.AddAll(again, keys.AsSpan(0, 2000)));
    }

    [Fact]
    public async Task A_filter_knows_the_keys_that_came_after_its_table()
    {
        UInt128[] before = DedupTestBed.Keys(3000, seed: 1), after = DedupTestBed.Keys(3000, seed: 2), fresh = DedupTestBed.Keys(3000, seed: 3);
        using (var store = Open())
        {
            DedupTestBed.AddAll(store, before);
            await store.CheckpointAsync(0);
            DedupTestBed.AddAll(store, after);
            _ledger.Keys.AddRange([.. before, .. after]);
            _ledger.LastSeenCheckpoint = await store.CheckpointAsync(_ledger.LastSequence);
        }

        var manifest = SeenManifest.Parse(_ledger.LastSeenCheckpoint.Manifest);
        Assert.InRange(manifest.IndexTail, 64 + (3000 * 32), 64 + (3000 * 32));
        using var again = Open();
        Assert.False(again.WasRebuilt);
        Assert.Equal(0, DedupTestBed.AddAll(again, [.. before, .. after]));
        Assert.Equal(fresh.Length, DedupTestBed.AddAll(again, fresh));
    }

    [Theory]
    [InlineData(1000, false)]
    [InlineData(1100, true)]
    public async Task A_last_checkpoint_brings_a_table_when_reading_the_keys_behind_the_old_one_would_take_longer(int behind, bool brings)
    {
        using var store = Open();
        DedupTestBed.AddAll(store, DedupTestBed.Keys(3000, seed: 1));
        var before = await store.WriteTableIfDueAsync();
        DedupTestBed.AddAll(store, DedupTestBed.Keys(behind, seed: 2));

        Assert.Same(before, await store.WriteTableIfDueAsync());
        Assert.Equal(brings, before != await store.WriteTableIfDueAsync(isLast: true));
    }

    [Fact]
    public async Task The_newest_two_checkpoints_are_kept_and_the_older_of_them_still_opens()
    {
        using (var store = Open())
        {
            store.NewKeysPerTable = 0;
            for (var round = 0; round < 4; round++)
            {
                var before = _ledger.LastSeenCheckpoint;
                var keys = DedupTestBed.Keys(5000, seed: round);
                DedupTestBed.AddAll(store, keys);
                _ledger.Keys.AddRange(keys);
                _ledger.LastSeenCheckpoint = await store.CheckpointAsync(_ledger.LastSequence);
                if (round == 3)
                    _ledger.LastSeenCheckpoint = before;
            }
        }

        Assert.Equal(2, Directory.GetFiles(_bed.Seen, "filter.*").Length);
        using var again = Open();
        Assert.False(again.WasRebuilt);
        Assert.Equal(0, DedupTestBed.AddAll(again, _ledger.Keys.ToArray()));
    }

    private FasterSeenStore Open() => FasterSeenStore.Open(_bed.Seen, DedupTestBed.Small, _ledger, new Seams());

    private async Task FillAsync(UInt128[] upTo, UInt128[] above, DedupOptions? options = null)
    {
        using var store = FasterSeenStore.Open(_bed.Seen, options ?? DedupTestBed.Small, _ledger, new Seams());
        DedupTestBed.AddAll(store, upTo);
        _ledger.Keys.AddRange(upTo);
        _ledger.LastSeenCheckpoint = await store.CheckpointAsync(_ledger.LastSequence);
        DedupTestBed.AddAll(store, above);
        _ledger.Keys.AddRange(above);
    }

    private static void Truncate(string path)
    {
        using var file = File.OpenWrite(path);
        file.SetLength(Math.Min(file.Length / 2, 50_000));
    }

    private static void Flip(string path) => Flip(path, (int)Math.Min(new FileInfo(path).Length / 2, 50_000));

    private static void Flip(string path, int at)
    {
        var bytes = File.ReadAllBytes(path);
        bytes[at] ^= 0x10;
        File.WriteAllBytes(path, bytes);
    }
}
