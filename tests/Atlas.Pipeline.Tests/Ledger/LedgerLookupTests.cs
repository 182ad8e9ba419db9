using System.Text;
using Atlas.Pipeline.Ledger;
using Atlas.Urls;

namespace Atlas.Pipeline.Tests.Ledger;

public sealed class LedgerLookupTests
{
    [Fact]
    public async Task Every_state_of_a_URL_is_found_beside_the_writer()
    {
        await using var bed = LedgerTestBed.Fresh();
        await bed.AdmitAsync(PriorityClass.High, "http://a/done", "http://a/leased", "http://a/dead", "http://a/again", "http://a/taken");
        await bed.AdmitAsync(PriorityClass.Low, "http://a/backlog");
        await bed.Ledger.AdmitAsync(bed.Batch(["junk"], decide: rows => rows[0].Reject(Reason.Malformed)));
        var items = await bed.Ledger.TakeFromBacklogAsync(5, LedgerTestBed.Aging);
        await bed.Ledger.ClaimAsync([.. items.Take(4)]);
        await bed.Ledger.CompleteAsync(bed.Document(items[0]));
        await bed.Ledger.DeadLetterAsync(items[2], Reason.TooLarge, "12 MiB");
        await bed.Ledger.RetryAsync(items[3], Reason.Timeout, "30 s", bed.Time.GetUtcNow().AddMinutes(1), countsAsAttempt: true);

        var found = Find(bed, "http://a/done", "http://a/leased", "http://a/dead", "http://a/again", "http://a/taken", "http://a/backlog", "junk", "http://a/new");

        Assert.Equal(
            ["done 1", "leased 1", "dead 1 too_large", "queued 1 timeout", "queued 0", "queued 0", "refused 0 malformed", "-"],
            found.Select(row => row is null ? "-" : $"{row.State} {row.Attempts} {row.Reason}".TrimEnd()));
        Assert.Equal(bed.Time.GetUtcNow().AddMinutes(1).ToUnixTimeSeconds(), found[3]!.DueAt?.ToUnixTimeSeconds());
    }

    [Fact]
    public async Task An_alias_is_told_with_what_it_leads_to()
    {
        await using var bed = LedgerTestBed.Fresh();
        var target = await bed.ClaimedAsync("http://a/target");
        var item = await bed.ClaimedAsync("http://a/alias");
        await bed.Ledger.AliasAsync(item, new AliasTarget(target.ContentId, target.Url), redirects: 1, admits: null);

        var row = Find(bed, "http://a/alias")[0]!;

        Assert.Equal(("alias", 1, new AliasTarget(target.ContentId, "http://a/target")), (row.State, row.Attempts, row.AliasOf));
    }

    [Fact]
    public async Task Of_a_document_it_is_told_when_it_was_checked_and_that_it_is_being_asked_for_again()
    {
        await using var bed = LedgerTestBed.Fresh();
        var start = bed.Time.GetUtcNow();
        await bed.Ledger.CompleteAsync(bed.Document(await bed.ClaimedAsync("http://a/1")));
        Assert.Equal((start, null, ""), Told());

        bed.Time.Advance(TimeSpan.FromDays(1));
        var item = Assert.Single(await bed.Ledger.TakeAgainAsync(1, bed.Time.GetUtcNow()));
        Assert.Equal((start, null, "queued"), Told());
        await bed.Ledger.ClaimAsync([item]);
        Assert.Equal((start, null, "leased"), Told());
        await bed.Ledger.DeadLetterAsync(item, Reason.Http(410), "");
        Assert.Equal((start, (start.AddDays(1), "http_410"), ""), Told());

        bed.Time.Advance(TimeSpan.FromDays(1));
        var again = Assert.Single(await bed.Ledger.TakeAgainAsync(1, bed.Time.GetUtcNow()));
        await bed.Ledger.ClaimAsync([again]);
        await bed.Ledger.ConfirmAsync(again, new Confirmation(bed.Time.GetUtcNow(), ByStatus: true, null, null));
        Assert.Equal((start.AddDays(2), null, ""), Told());

        (DateTimeOffset?, (DateTimeOffset, string)?, string) Told()
        {
            var row = Find(bed, "http://a/1")[0]!;
            Assert.Equal(("done", 1), (row.State, row.Attempts));
            return (row.CheckedAt, row.CheckFailure, row.AskedAgain);
        }
    }

    [Fact]
    public async Task What_came_first_is_told_as_it_was_received()
    {
        await using var bed = LedgerTestBed.Fresh();
        await bed.AdmitAsync(PriorityClass.Normal, "http://a/1", "http://a/2");

        var row = Find(bed, "http://a/2")[0]!;

        Assert.Equal(("http://a/2", "feed", 10L, bed.Time.GetUtcNow()), (Encoding.UTF8.GetString(row.Url), row.Source, row.SourceOffset, row.FirstSeen));
    }

    [Fact]
    public async Task Many_are_found_in_one_pass_over_all_classes()
    {
        await using var bed = LedgerTestBed.Fresh();
        var urls = Enumerable.Range(0, 1000).Select(i => $"http://a/{i}").ToArray();
        for (var i = 0; i < urls.Length; i += 100)
            await bed.AdmitAsync((PriorityClass)(i / 100 % PriorityClasses.Count), urls[i..(i + 100)]);

        var found = Find(bed, [.. urls.Reverse(), "http://b/"]);

        Assert.Equal(urls.Reverse(), found[..^1].Select(row => Encoding.UTF8.GetString(row!.Url)));
        Assert.Null(found[^1]);
    }

    [Fact]
    public async Task A_row_is_found_from_any_number_below_its_own_and_not_before_it_is_durable()
    {
        await using var bed = LedgerTestBed.Fresh();
        var urls = Enumerable.Range(0, 2_000).Select(i => $"http://a/{i}").ToArray();
        foreach (var chunk in urls.Chunk(200))
            await bed.Ledger.AdmitAsync(bed.Batch(chunk, (PriorityClass)(chunk[0].Length % PriorityClasses.Count)));
        await bed.Ledger.AdmitAsync(bed.Batch(["junk"], decide: rows => rows[0].Reject(Reason.Malformed)));
        await bed.Ledger.FlushAsync();
        using var lookup = new LedgerLookup(Path.Combine(bed.Directory, "ledger.db"));

        Assert.Equal(1_235, lookup.FindNear(Id("http://a/1234"), above: 0)?.Sequence);
        Assert.Equal(1_235, lookup.FindNear(Id("http://a/1234"), above: 1_234)?.Sequence);
        Assert.Equal("refused", lookup.FindNear(Id("junk"), above: 1_990)?.State);
        Assert.Null(lookup.FindNear(Id("http://a/1234"), above: 1_235));
        Assert.Null(lookup.FindNear(Id("http://a/new"), above: 1_000));
    }

    [Fact]
    public async Task A_file_that_is_no_ledger_is_damage()
    {
        await using var bed = LedgerTestBed.Fresh();
        var other = Path.Combine(bed.Directory, "other.db");
        using (var connection = SqlConnection.Open(other))
            connection.Execute("CREATE TABLE t(x)");

        Assert.Throws<StateDamagedException>(() => new LedgerLookup(other));
    }

    private static List<LedgerRow?> Find(LedgerTestBed bed, params string[] urls)
    {
        using var lookup = new LedgerLookup(Path.Combine(bed.Directory, "ledger.db"));
        var found = lookup.Find(urls.Select(Id));
        return [.. urls.Select(url => found.GetValueOrDefault(Id(url)))];
    }

    private static UInt128 Id(string url) => ContentId.Of(Encoding.UTF8.GetBytes(url));
}
