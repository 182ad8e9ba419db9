using Atlas.Pipeline.Graph;
using Atlas.Pipeline.Tests.Ledger;

namespace Atlas.Pipeline.Tests.Graph;

public sealed class LetterRetentionTests
{
    [Fact]
    public async Task Letters_that_are_too_old_are_deleted_and_counted()
    {
        await using var bed = LedgerTestBed.Fresh();
        await DieAsync(bed, "http://old.test/");
        await RefuseAsync(bed, [.. Enumerable.Range(0, 600).Select(i => $"file:///old/{i}")]);
        bed.Time.Advance(TimeSpan.FromDays(8));
        await DieAsync(bed, "http://new.test/");
        await RefuseAsync(bed, "file:///new");

        await RunAsync(bed, new DeadLetterOptions { KeptFor = TimeSpan.FromDays(7) });

        Assert.Equal("file:///new http://new.test/", Letters(bed));
        Assert.Equal("retention older-than=7d 601", bed.Text("SELECT concat_ws(' ', act, filter, count) FROM acts"));
        Assert.Equal(1, bed.Ledger.Books.Purged);
        await bed.AssertBalancedAsync();
    }

    [Fact]
    public async Task Of_too_many_letters_the_first_that_came_are_deleted()
    {
        await using var bed = LedgerTestBed.Fresh();
        await DieAsync(bed, "http://a.test/");
        await RefuseAsync(bed, [.. Enumerable.Range(0, 10).Select(i => $"file:///{i}")]);

        await RunAsync(bed, new DeadLetterOptions { Most = 3 });

        Assert.Equal("file:///8 file:///9 http://a.test/", Letters(bed));
    }

    [Fact]
    public async Task What_is_held_stays()
    {
        await using var bed = LedgerTestBed.Fresh();
        await DieAsync(bed, "http://held.test:8080/");
        await DieAsync(bed, "http://a.test/");
        await RefuseAsync(bed, "file:///a", "file:///b");
        await bed.Ledger.HoldAsync("host", "held.test", "me", "until it is mended");
        await bed.Ledger.HoldAsync("reason", "scheme_file", "me", "to be looked at");
        bed.Time.Advance(TimeSpan.FromDays(8));

        await RunAsync(bed, new DeadLetterOptions { KeptFor = TimeSpan.FromDays(7) });

        Assert.Equal("file:///a file:///b http://held.test:8080/", Letters(bed));
    }

    [Fact]
    public async Task A_letter_that_brought_a_time_of_its_own_counts_from_when_it_came()
    {
        await using var bed = LedgerTestBed.Fresh();
        await RefuseAsync(bed, "file:///a");
        var came = bed.Time.GetUtcNow();
        bed.Time.Advance(TimeSpan.FromDays(300));
        await bed.ReopenAsync();
        await RefuseAsync(bed, "file:///b");
        using (var ledger = Atlas.Pipeline.Ledger.SqlConnection.Open(Path.Combine(bed.Directory, "ledger.db")))
            ledger.Execute($"UPDATE refused SET packed = CAST(substr(packed, 1, 19) || unhex('{came.ToUnixTimeMilliseconds():x16}') || substr(packed, 28) AS BLOB) WHERE seq = 2");
        bed.Time.Advance(TimeSpan.FromDays(5));

        await RunAsync(bed, new DeadLetterOptions { KeptFor = TimeSpan.FromDays(7) });

        Assert.Equal("file:///b", Letters(bed));
    }

    [Fact]
    public async Task Nothing_is_deleted_while_a_replay_has_not_come_to_its_end()
    {
        await using var bed = LedgerTestBed.Fresh();
        await RefuseAsync(bed, "file:///a");
        bed.Time.Advance(TimeSpan.FromDays(8));
        var replay = await bed.Ledger.BeginReplayAsync("all", "me", [1]);
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));

        await new LetterRetention(new DeadLetterOptions { KeptFor = TimeSpan.FromDays(7) }, bed.Ledger, Path.Combine(bed.Directory, "ledger.db"), new Seams { Time = bed.Time }).RunAsync(stop.Token);
        Assert.Equal("file:///a", Letters(bed));

        await bed.Ledger.EndReplayAsync(replay);
        await RunAsync(bed, new DeadLetterOptions { KeptFor = TimeSpan.FromDays(7) });
        Assert.Equal("", Letters(bed));
    }

    [Fact]
    public async Task Nothing_is_deleted_unless_it_is_said_how_long_letters_are_kept()
    {
        await using var bed = LedgerTestBed.Fresh();
        await RefuseAsync(bed, "file:///a");
        bed.Time.Advance(TimeSpan.FromDays(36_500));

        await RunAsync(bed, new DeadLetterOptions());

        Assert.Equal("file:///a", Letters(bed));
    }

    /// <summary>One look: the next one is an hour away.</summary>
    private static async Task RunAsync(LedgerTestBed bed, DeadLetterOptions options)
    {
        using var stop = new CancellationTokenSource();
        var before = bed.Scalar("SELECT count(*) FROM acts");
        var running = new LetterRetention(options, bed.Ledger, Path.Combine(bed.Directory, "ledger.db"), new Seams { Time = bed.Time }).RunAsync(stop.Token);
        for (var waited = 0; waited < 2_000 && !running.IsCompleted && bed.Scalar("SELECT count(*) FROM acts") == before; waited++)
            await Task.Delay(5, TestContext.Current.CancellationToken);
        await stop.CancelAsync();
        await running.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }

    private static async Task DieAsync(LedgerTestBed bed, string url)
    {
        var item = await bed.ClaimedAsync(url);
        await bed.Ledger.DeadLetterAsync(item, Reason.Http(404), "gone");
    }

    private static async Task RefuseAsync(LedgerTestBed bed, params string[] lines)
    {
        foreach (var some in lines.Chunk(UrlBatch.MaxRows))
        {
            await bed.Ledger.AdmitAsync(bed.Batch(some, decide: rows =>
            {
                for (var i = 0; i < some.Length; i++)
                    rows[i].Reject(Reason.SchemeFile);
            }));
        }

        await bed.Ledger.FlushAsync();
    }

    private static string Letters(LedgerTestBed bed) => bed.Text("SELECT coalesce(group_concat(CAST(source_url AS TEXT), ' '), '') FROM (SELECT source_url FROM dead_letter_queue ORDER BY 1)");
}
