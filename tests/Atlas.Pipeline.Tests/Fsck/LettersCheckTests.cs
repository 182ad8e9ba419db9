using Atlas.Pipeline.Fsck;

namespace Atlas.Pipeline.Tests.Fsck;

/// <summary>Dead letters that somebody has taken out with another program than this one.</summary>
public sealed class LettersCheckTests
{
    [Fact]
    public async Task A_refused_line_that_was_deleted_by_hand_is_missed_and_a_repair_notes_that_it_is_gone()
    {
        await using var bed = await FsckTestBed.FilledAsync();
        bed.Sabotage("DELETE FROM refused");

        var finding = Assert.Single(await bed.CheckAsync(), finding => finding.What.Contains("refused lines have no row", StringComparison.Ordinal));

        Assert.Equal((FindingState.Damaged, 1, "row 11"), (finding.State, finding.Count, finding.Where));
        await bed.RepairAsync();
    }

    [Fact]
    public async Task An_admitted_row_that_was_deleted_by_hand_is_not_taken_for_a_refused_line()
    {
        await using var bed = await FsckTestBed.FilledAsync();
        bed.Sabotage("DELETE FROM queue_normal WHERE seq = 10");

        var findings = await bed.CheckAsync();

        Assert.Contains(findings, finding => finding.What.Contains("admitted URLs have no row", StringComparison.Ordinal));
        Assert.DoesNotContain(findings, finding => finding.What.Contains("refused lines have no row", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_dead_letter_that_was_deleted_by_hand_is_missed_too()
    {
        await using var bed = await FsckTestBed.FilledAsync();
        bed.Sabotage("DELETE FROM dead WHERE died = 1");

        Assert.Contains(await bed.CheckAsync(), finding => finding.State == FindingState.Damaged);

        await bed.RepairAsync();
    }

    [Theory]
    [InlineData("INSERT INTO replays VALUES(1, 'all', 'me', 1, 2, 11, 1, 1, 0); INSERT INTO replay_items VALUES(1, 11)")]
    [InlineData("INSERT INTO replay_items VALUES(7, 11)")]
    [InlineData("INSERT INTO replays VALUES(1, 'all', 'me', 1, NULL, 10, 1, 0, 0); INSERT INTO replay_items VALUES(1, 11)")]
    [InlineData("INSERT INTO replays VALUES(1, 'all', 'me', 1, NULL, 11, 3, 0, 0); INSERT INTO replay_items VALUES(1, 11)")]
    public async Task A_list_of_a_replay_that_cannot_be_is_found_and_mended(string sql)
    {
        await using var bed = await FsckTestBed.FilledAsync();
        bed.Sabotage(sql);

        Assert.Contains(await bed.CheckAsync(), finding => finding.Where is "replay_items" or "replays");

        await bed.RepairAsync();
    }
}
