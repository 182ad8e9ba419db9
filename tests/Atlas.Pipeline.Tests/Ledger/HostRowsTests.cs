namespace Atlas.Pipeline.Tests.Ledger;

public sealed class HostRowsTests
{
    [Fact]
    public async Task What_was_learned_about_hosts_is_there_at_the_next_start_and_the_last_word_counts()
    {
        await using var bed = LedgerTestBed.Fresh();
        var now = bed.Time.GetUtcNow().UtcTicks;
        var down = new HostRecord("down.test", now, 0, 0, 12.5f, 5, 2, now + TimeSpan.TicksPerMinute);
        await bed.Ledger.SaveHostsAsync([down with { Openings = 1 }, new("waits.test:81", 0, now + TimeSpan.TicksPerHour, 3_000, 0, 0, 0, 0)]);
        await bed.Ledger.SaveHostsAsync([down]);
        Assert.Empty(bed.Ledger.Hosts());

        await bed.ReopenAsync();

        Assert.Equal([down, new("waits.test:81", 0, now + TimeSpan.TicksPerHour, 3_000, 0, 0, 0, 0)], bed.Ledger.Hosts().OrderBy(host => host.Key, StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_host_that_nothing_forbids_to_ask_is_forgotten_a_day_after_it_was_asked()
    {
        await using var bed = LedgerTestBed.Fresh();
        var now = bed.Time.GetUtcNow().UtcTicks;
        await bed.Ledger.SaveHostsAsync([new("asked.test", now, 0, 0, 0, 0, 0, 0), new("waited.test", 0, now + TimeSpan.TicksPerHour, 0, 0, 0, 0, 0)]);
        await bed.ReopenAsync();
        Assert.Equal(2, bed.Ledger.Hosts().Count);

        bed.Time.Advance(TimeSpan.FromHours(25));
        await bed.ReopenAsync();

        Assert.Empty(bed.Ledger.Hosts());
    }
}
