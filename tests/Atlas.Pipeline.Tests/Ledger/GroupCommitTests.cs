using System.Diagnostics;

namespace Atlas.Pipeline.Tests.Ledger;

public sealed class GroupCommitTests
{
    [Fact]
    public async Task Known_lines_are_gathered_into_few_commits()
    {
        await using var bed = LedgerTestBed.Fresh();
        var commits = 0;
        var books = bed.Ledger.Books;

        for (var i = 0; i < 200; i++)
        {
            await bed.Ledger.AdmitAsync(Known(bed));
            if (!ReferenceEquals(books, bed.Ledger.Books))
                commits++;
            books = bed.Ledger.Books;
        }

        await bed.Ledger.FlushAsync();
        Assert.Equal(200 * UrlBatch.MaxRows, bed.Ledger.Books.Duplicates);

        // Had every 4,096 lines been a commit, there would be 12 at least.
        Assert.InRange(commits, 0, 6);
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

    private static UrlBatch Known(LedgerTestBed bed) => bed.Batch([.. Enumerable.Repeat("http://a/", UrlBatch.MaxRows)], decide: rows =>
    {
        for (var i = 0; i < rows.Length; i++)
            rows[i].DropAsDuplicate();
    });

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
