using System.Text;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Tests.Ledger;

public sealed class FoundLinksTests
{
    [Fact]
    public async Task Links_are_durable_with_their_document_and_read_in_the_order_of_their_commits()
    {
        await using var bed = LedgerTestBed.Fresh();
        var raised = 0;
        bed.Ledger.Found += () => raised++;

        await CompleteAsync(bed, "http://a.test/1", "http://a.test/2\nhttp://a.test/3\n", depth: 1);
        await CompleteAsync(bed, "http://a.test/2", null, depth: 0);
        await CompleteAsync(bed, "http://a.test/3", "http://a.test/4\n", depth: 2);

        Assert.Equal(2, raised);
        Assert.Equal("0/1 http://a.test/2|http://a.test/3|; 32/2 http://a.test/4|; end 48", Contents(bed));
        await bed.ReopenAsync();
        Assert.Equal("0/1 http://a.test/2|http://a.test/3|; 32/2 http://a.test/4|; end 48", Contents(bed));
        Assert.Equal("http://a.test/3\n", Encoding.UTF8.GetString(bed.Ledger.ReadFound(16)!.Lines));
    }

    [Fact]
    public async Task A_document_that_is_not_recorded_leaves_no_links()
    {
        await using var bed = LedgerTestBed.Fresh();
        var item = await bed.ClaimedAsync("http://a.test/1");
        var other = await bed.ClaimedAsync("http://a.test/2");
        (item.Found, other.Found) = (new FoundLinks("http://a.test/x\n"u8.ToArray(), 1), new FoundLinks("http://a.test/y\n"u8.ToArray(), 1));
        await bed.Ledger.CompleteAsync([bed.Document(item)], new SegmentTail(1, 150));

        // Its lease is over: the whole group is refused.
        await Assert.ThrowsAsync<InvalidOperationException>(() => bed.Ledger.CompleteAsync([bed.Document(other), bed.Document(item)], new SegmentTail(1, 200)));

        Assert.Equal("0/1 http://a.test/x|; end 16", Contents(bed));
    }

    [Fact]
    public async Task What_is_let_go_is_gone_and_places_go_on_from_where_they_were()
    {
        await using var bed = LedgerTestBed.Fresh();
        for (var page = 1; page <= 3; page++)
            await CompleteAsync(bed, $"http://a.test/{page}", $"http://b.test/{page}\n", depth: 1);

        await bed.Ledger.ForgetFoundAsync(20);
        Assert.Equal("16/1 http://b.test/2|; 32/1 http://b.test/3|; end 48", Contents(bed));
        await bed.Ledger.ForgetFoundAsync(48);
        Assert.Equal(1, bed.Scalar("SELECT count(*) FROM found"));
        Assert.Null(bed.Ledger.ReadFound(48));

        await bed.ReopenAsync();
        await CompleteAsync(bed, "http://a.test/4", "http://b.test/4\n", depth: 1);
        Assert.Equal(48, bed.Ledger.ReadFound(48)!.Start);
    }

    [Fact]
    public async Task The_depth_of_a_line_stays_with_it_into_the_queue()
    {
        await using var bed = LedgerTestBed.Fresh();
        await bed.Ledger.AdmitAsync(bed.Batch(["http://a.test/"], decide: rows => rows[0].Depth = 7));
        await bed.Ledger.FlushAsync();
        await bed.ReopenAsync();

        Assert.Equal(7, Assert.Single(await bed.Ledger.TakeFromBacklogAsync(1, LedgerTestBed.Aging)).Depth);
    }

    private static async Task CompleteAsync(LedgerTestBed bed, string url, string? links, byte depth)
    {
        var item = await bed.ClaimedAsync(url);
        item.Found = links is null ? null : new FoundLinks(Encoding.UTF8.GetBytes(links), depth);
        await bed.Ledger.CompleteAsync(bed.Document(item));
    }

    private static string Contents(LedgerTestBed bed)
    {
        var text = new StringBuilder();
        long at = 0;
        while (bed.Ledger.ReadFound(at) is { } chunk)
        {
            text.Append($"{chunk.Start}/{chunk.Depth} {Encoding.UTF8.GetString(chunk.Lines).Replace('\n', '|')}; ");
            at = chunk.Start + chunk.Lines.Length;
        }

        return text.Append($"end {bed.Ledger.FoundEnd}").ToString();
    }
}
