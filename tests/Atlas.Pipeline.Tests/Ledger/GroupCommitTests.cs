using System.Buffers.Binary;
using System.Diagnostics;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Tests.Ledger;

public sealed class GroupCommitTests
{
    [Fact]
    public async Task Known_lines_that_are_waiting_are_one_commit_however_many_they_are()
    {
        // Sixteen times 256 lines are the rows of a full group; the queue holds 64 batches.
        const int Batches = 60;
        await using var bed = LedgerTestBed.Fresh();
        using var writerWaits = new ManualResetEventSlim();
        bed.Ledger.Admitted += writerWaits.Wait;
        await bed.Ledger.AdmitAsync(bed.Batch(["http://new/"]));
        await UntilAsync(() => bed.Ledger.Books.Admitted == 1);
        for (var i = 0; i < Batches; i++)
            await bed.Ledger.AdmitAsync(Known(bed));
        var before = Commits(bed);

        writerWaits.Set();
        await UntilAsync(() => bed.Ledger.Books.Duplicates == Batches * UrlBatch.MaxRows);

        Assert.Equal(1, Commits(bed) - before);
    }

    [Fact]
    public async Task Known_lines_that_come_slowly_are_gathered_too()
    {
        await using var bed = LedgerTestBed.Fresh();
        var isGathered = false;

        for (var i = 1; i <= 500 && !isGathered; i++)
        {
            var batch = Known(bed);
            await bed.Ledger.AdmitAsync(batch);
            await UntilAsync(() => batch.Count == 0);

            // Were each batch a group of its own, the one before would be committed by the time this one is taken.
            isGathered = bed.Ledger.Books.Duplicates < (i - 1) * UrlBatch.MaxRows;
        }

        Assert.True(isGathered);
    }

    [Fact]
    public async Task Known_lines_are_counted_durably_without_being_asked_for()
    {
        await using var bed = LedgerTestBed.Fresh();
        var progress = new SourceProgress("feed");
        bed.Ledger.Follow(progress);
        var batch = Known(bed);
        batch.Receipt = progress.Open("file", 4711);

        await bed.Ledger.AdmitAsync(batch);

        await UntilAsync(() => bed.Ledger.Books.Duplicates == UrlBatch.MaxRows);
        Assert.Equal(4711, bed.Ledger.ResumeOffset("feed", "file"));
        await bed.AssertBalancedAsync();
    }

    [Fact]
    public async Task A_new_url_is_durable_within_20_ms()
    {
        await using var bed = LedgerTestBed.Fresh();
        await bed.AdmitAsync(PriorityClass.Normal, "http://warm/");

        // The best of many, as a busy machine may stop any single one.
        var fastest = TimeSpan.MaxValue;
        for (var i = 1; i <= 500 && fastest > TimeSpan.FromMilliseconds(20); i++)
        {
            var start = Stopwatch.GetTimestamp();
            await bed.Ledger.AdmitAsync(bed.Batch([$"http://a/{i}"]));
            await UntilAsync(() => bed.Ledger.Books.Admitted == i + 1);
            var elapsed = Stopwatch.GetElapsedTime(start);
            fastest = elapsed < fastest ? elapsed : fastest;
        }

        Assert.InRange(fastest, TimeSpan.Zero, TimeSpan.FromMilliseconds(20));
    }

    [Fact]
    public async Task A_flush_ends_the_gathering_of_known_lines()
    {
        await using var bed = LedgerTestBed.Fresh();

        await bed.Ledger.AdmitAsync(Known(bed));
        await bed.Ledger.FlushAsync();

        Assert.Equal(UrlBatch.MaxRows, bed.Ledger.Books.Received);
    }

    [Fact]
    public async Task What_is_told_after_rows_are_in_a_transaction_is_not_committed_without_them()
    {
        await using var bed = LedgerTestBed.Fresh();
        var decided = new InFlight();
        decided.Enter();
        var batch = bed.Batch(["http://a/"]);
        batch.Decided = decided;
        File.Delete(Path.Combine(bed.Directory, "lock"));

        await bed.Ledger.AdmitAsync(batch);
        await decided.WhenEmpty().WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        await Assert.ThrowsAsync<LedgerException>(() => bed.Ledger.RecordSeenCheckpointAsync(new SeenCheckpoint("token", 1, "manifest")));
        await bed.ReopenAsync();
        Assert.Null(bed.Ledger.LastSeenCheckpoint);
        Assert.Equal(0, bed.Ledger.Books.Admitted);
    }

    private static UrlBatch Known(LedgerTestBed bed) => bed.Batch([.. Enumerable.Repeat("http://a/", UrlBatch.MaxRows)], decide: rows =>
    {
        for (var i = 0; i < rows.Length; i++)
            rows[i].DropAsDuplicate();
    });

    /// <summary>Transactions in the WAL, which is not begun anew as long as it is this short: the last frame of each says how large the database is after it.</summary>
    private static int Commits(LedgerTestBed bed)
    {
        const int Header = 32, FrameHeader = 24, Page = 8_192;
        using var file = new FileStream(Path.Combine(bed.Directory, "ledger.db-wal"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var wal = new byte[file.Length];
        file.ReadExactly(wal);
        var commits = 0;
        for (var frame = Header; frame + FrameHeader + Page <= wal.Length; frame += FrameHeader + Page)
        {
            var isOfThisWal = wal.AsSpan(frame + 8, 8).SequenceEqual(wal.AsSpan(16, 8));
            commits += isOfThisWal && BinaryPrimitives.ReadUInt32BigEndian(wal.AsSpan(frame + 4)) > 0 ? 1 : 0;
        }

        return commits;
    }

    private static async Task UntilAsync(Func<bool> holds)
    {
        var start = Stopwatch.GetTimestamp();
        while (!holds())
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(30), "It did not come true in 30 s.");
            await Task.Yield();
        }
    }
}
