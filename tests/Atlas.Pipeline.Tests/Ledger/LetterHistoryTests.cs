using Atlas.Urls;

namespace Atlas.Pipeline.Tests.Ledger;

/// <summary>What the ledger keeps of a dead letter beside its row.</summary>
public sealed class LetterHistoryTests
{
    [Fact]
    public async Task Each_failed_try_is_kept_with_its_time_status_latency_and_error()
    {
        await using var bed = LedgerTestBed.Fresh();
        var item = await bed.ClaimedAsync("http://a/1");
        item.SentAt = bed.Time.GetUtcNow().UtcTicks;
        bed.Time.Advance(TimeSpan.FromMilliseconds(250));
        await bed.Ledger.RetryAsync(item, Reason.Http(503), "busy", bed.Time.GetUtcNow(), countsAsAttempt: true);
        await bed.Ledger.ClaimAsync([item]);
        item.SentAt = 0;

        await bed.Ledger.DeadLetterAsync(item, Reason.DnsFailed, "SERVFAIL");

        Assert.Equal(
            "1 503 250 http_503 busy, 2 0 0 dns_failed SERVFAIL",
            bed.Text("SELECT group_concat(concat_ws(' ', n, status, latency_ms, reason, error), ', ') FROM (SELECT * FROM attempts WHERE seq = 1 ORDER BY n)"));
        Assert.Equal(bed.Time.GetUtcNow().ToUnixTimeMilliseconds(), bed.Scalar("SELECT max(at) FROM attempts"));
    }

    [Fact]
    public async Task Of_a_url_that_fails_for_ever_the_last_tries_are_kept()
    {
        await using var bed = LedgerTestBed.Fresh();
        var item = await bed.ClaimedAsync("http://a/1");

        for (var i = 0; i < 40; i++)
        {
            await bed.Ledger.RetryAsync(item, Reason.RateLimited, $"wait {i}", default, countsAsAttempt: false);
            await bed.Ledger.ClaimAsync([item]);
        }

        Assert.Equal("32 wait 8 wait 39", bed.Text("SELECT concat_ws(' ', count(*), (SELECT error FROM attempts ORDER BY n LIMIT 1), (SELECT error FROM attempts ORDER BY n DESC LIMIT 1)) FROM attempts"));
    }

    [Fact]
    public async Task What_went_wrong_before_is_forgotten_when_a_url_is_done()
    {
        await using var bed = LedgerTestBed.Fresh();
        var item = await bed.ClaimedAsync("http://a/1");
        await bed.Ledger.RetryAsync(item, Reason.Timeout, "slow", default, countsAsAttempt: true);
        await bed.Ledger.ClaimAsync([item]);

        await bed.Ledger.CompleteAsync(bed.Document(item));

        Assert.Equal(0, bed.Scalar("SELECT count(*) FROM attempts"));
    }

    [Fact]
    public async Task A_refused_line_that_comes_again_is_counted_with_its_row()
    {
        await using var bed = LedgerTestBed.Fresh();
        await bed.Ledger.AdmitAsync(Refused(bed, isRepeat: false, "file:///a", "file:///b"));
        bed.Time.Advance(TimeSpan.FromMinutes(1));
        await bed.Ledger.AdmitAsync(Refused(bed, isRepeat: true, "file:///a", "file:///a"));
        bed.Time.Advance(TimeSpan.FromMinutes(1));
        await bed.Ledger.AdmitAsync(Refused(bed, isRepeat: true, "file:///a"));
        var last = bed.Time.GetUtcNow().ToUnixTimeMilliseconds();

        await bed.ReopenAsync();

        var id = ContentId.ToHex(ContentId.Of("file:///a"u8));
        Assert.Equal($"{id} 3 {last}", bed.Text("SELECT group_concat(concat_ws(' ', lower(hex(content_id)), count, last_at)) FROM refused_again"));
    }

    [Fact]
    public async Task Counts_of_lines_that_come_again_are_written_during_the_run_too()
    {
        await using var bed = LedgerTestBed.Fresh();
        await bed.Ledger.AdmitAsync(Refused(bed, isRepeat: true, "file:///a"));
        await bed.Ledger.FlushAsync();
        Assert.Equal(0, bed.Scalar("SELECT count(*) FROM refused_again"));

        bed.Time.Advance(TimeSpan.FromSeconds(2));
        await bed.Ledger.FlushAsync();

        Assert.Equal(1, bed.Scalar("SELECT count FROM refused_again"));
    }

    [Fact]
    public async Task Each_opening_says_which_program_received_the_rows_from_there_on()
    {
        await using var bed = LedgerTestBed.Fresh();
        await bed.AdmitAsync(PriorityClass.Normal, "http://a/1", "http://a/2");
        await bed.ReopenAsync();

        Assert.Equal("1,3", bed.Text("SELECT group_concat(first_seq) FROM (SELECT * FROM runs ORDER BY epoch)"));
        Assert.Matches(@"^\d+\.\d+\.\d+$", bed.Text("SELECT version FROM runs ORDER BY epoch DESC LIMIT 1"));
    }

    private static UrlBatch Refused(LedgerTestBed bed, bool isRepeat, params string[] lines) => bed.Batch(lines, decide: rows =>
    {
        for (var i = 0; i < lines.Length; i++)
        {
            rows[i].Reject(Reason.SchemeFile);
            rows[i].IsRepeat = isRepeat;
        }
    });
}
