using Atlas.Pipeline.Fsck;

namespace Atlas.Pipeline.Tests.Fsck;

public sealed class AliasesCheckTests
{
    [Fact]
    public async Task Aliases_that_lead_to_a_document_are_in_order()
    {
        await using var bed = await FsckTestBed.FilledAsync();
        await bed.AddAliasesAsync();

        Assert.DoesNotContain(await bed.CheckAsync(), finding => finding.State != FindingState.Note);
        Assert.Empty(await bed.WaitingAsync());
    }

    [Theory]
    [InlineData("UPDATE aliases SET target_id = '00000000000000000000000000000001' WHERE seq = 10", "http://a.test/10")]
    [InlineData("UPDATE aliases SET target_id = 'x' WHERE seq = 10", "http://a.test/10")]
    [InlineData("DELETE FROM aliases WHERE seq = 9", "http://a.test/9")]
    [InlineData("DELETE FROM aliases WHERE seq = 9; UPDATE counters SET value = value - 1 WHERE name IN ('aliases', 'done')", "http://a.test/9")]
    public async Task A_URL_whose_alias_leads_nowhere_is_queued_again(string sql, string url)
    {
        await using var bed = await FsckTestBed.FilledAsync();
        await bed.AddAliasesAsync();
        bed.Sabotage(sql);

        Assert.Contains(await bed.CheckAsync(), finding => finding.State == FindingState.Damaged);
        await bed.RepairAsync();

        Assert.Equal([url], await bed.WaitingAsync());
    }

    [Fact]
    public async Task Of_aliases_in_a_circle_one_is_queued_again()
    {
        await using var bed = await FsckTestBed.FilledAsync();
        await bed.AddAliasesAsync();
        bed.Sabotage("UPDATE aliases SET target_id = (SELECT content_id FROM aliases WHERE seq = 9) WHERE seq = 10");

        Assert.Contains(await bed.CheckAsync(), finding => finding.What.Contains("circle", StringComparison.Ordinal));
        await bed.RepairAsync();

        Assert.Single(await bed.WaitingAsync());
    }

    [Theory]
    [InlineData("UPDATE aliases SET content_id = '00000000000000000000000000000001' WHERE seq = 10")]
    [InlineData("UPDATE aliases SET seq = 999 WHERE seq = 10")]
    public async Task An_alias_that_is_unlike_its_row_is_found(string sql)
    {
        await using var bed = await FsckTestBed.FilledAsync();
        await bed.AddAliasesAsync();
        bed.Sabotage(sql);

        Assert.Contains(await bed.CheckAsync(), finding => finding.State == FindingState.Damaged && finding.What.StartsWith("aliases ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_an_alias_has_brought_must_be_its_target()
    {
        await using var bed = await FsckTestBed.FilledAsync();
        await bed.AddAliasesAsync();
        bed.Sabotage("UPDATE aliases SET brought = 10 WHERE seq = 9; UPDATE aliases SET brought = 3 WHERE seq = 10");

        Assert.Equal(1, Assert.Single(await bed.CheckAsync(), finding => finding.What.Contains("brought", StringComparison.Ordinal)).Count);
        await bed.RepairAsync();

        Assert.Empty(await bed.WaitingAsync());
    }

    [Fact]
    public async Task What_is_asked_for_after_a_redirect_must_be_the_same_resource()
    {
        await using var bed = await FsckTestBed.FilledAsync();
        await bed.LeaseWaitingAsync();
        bed.Sabotage("UPDATE work SET asks = 'https://a.test:443/9', redirects = 1 WHERE seq = 9; UPDATE work SET asks = 'https://a.test/11', redirects = 1 WHERE seq = 10");

        var finding = Assert.Single(await bed.CheckAsync(knowsRules: true), finding => finding.State == FindingState.Damaged);
        Assert.Equal((1, "work.seq 10"), (finding.Count, finding.Where));
        await bed.CheckAsync(repairs: true, knowsRules: true);

        Assert.DoesNotContain(await bed.CheckAsync(knowsRules: true), finding => finding.State == FindingState.Damaged);
        Assert.Equal(["http://a.test/10", "http://a.test/9"], await bed.WaitingAsync());
    }

    [Fact]
    public async Task An_alias_that_still_stands_in_work_is_taken_out()
    {
        await using var bed = await FsckTestBed.FilledAsync();
        await bed.AddAliasesAsync();
        bed.Sabotage("INSERT INTO work VALUES(9, 2, 'queued', 0, 0, 0, 0, 0, NULL, NULL, 0, 0, NULL, NULL)");

        await bed.RepairAsync();

        Assert.Empty(await bed.WaitingAsync());
    }
}
