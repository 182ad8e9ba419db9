using Atlas.Pipeline.Hosts;
using FsCheck.Xunit;

namespace Atlas.Pipeline.Tests.Hosts;

public sealed class HostTableTests
{
    private static readonly HostsOptions Options = new() { MostHosts = 3 };

    private long _now = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).UtcTicks;

    [Fact]
    public void A_host_that_is_known_is_found_without_allocating()
    {
        var table = Table(Options);
        table.Release(table.Hold("a.test", _now), _now);
        var before = GC.GetAllocatedBytesForCurrentThread();

        for (var i = 0; i < 1000; i++)
            table.Release(table.Hold("a.test", _now), _now);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void A_host_costs_no_more_than_two_hundred_bytes_besides_its_name()
    {
        var hosts = new HostState[100];
        var before = GC.GetAllocatedBytesForCurrentThread();

        for (var i = 0; i < hosts.Length; i++)
            hosts[i] = new HostState("a.test");

        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / hosts.Length, 1, 200);
    }

    [Fact]
    public void Of_hosts_at_rest_the_least_recently_used_is_forgotten()
    {
        var table = Table(Options);
        Visit(table, "a", "b", "c", "a", "d");

        Assert.Equal(3, table.Count);
        Assert.Equal([true, false, true, true], Knows(table, "a", "b", "c", "d"));
    }

    [Fact]
    public void A_host_with_work_is_kept_beyond_the_bound_and_the_table_shrinks_when_it_is_done()
    {
        var table = Table(Options);
        var held = new[] { "a", "b", "c", "d", "e" }.Select(key => table.Hold(key, _now)).ToList();
        Assert.Equal(5, table.Count);

        held.ForEach(host => table.Release(host, _now));

        Assert.Equal(3, table.Count);
        Assert.Equal([false, false, true, true, true], Knows(table, "a", "b", "c", "d", "e"));
    }

    [Fact]
    public void A_host_that_waits_or_is_down_is_forgotten_after_all_others_and_then_the_one_that_is_back_first()
    {
        var table = Table(Options);
        Change(table, "down", host => (host.Breaker, host.OpenUntil) = (BreakerState.Open, In(100)));
        Change(table, "waits", host => host.WaitsUntil = In(50));
        Visit(table, "a", "b", "c", "d");
        Assert.Equal([true, true, true], Knows(table, "down", "waits", "d"));

        // "d" has work now, so that none is at rest.
        table.Hold("d", _now);
        table.Hold("e", _now);

        Assert.Equal([true, false, true, true], Knows(table, "down", "waits", "d", "e"));
    }

    [Fact]
    public void A_wait_that_has_grown_since_the_host_was_released_counts()
    {
        var table = Table(Options);
        Change(table, "a", host => host.WaitsUntil = In(10));
        Change(table, "b", host => host.WaitsUntil = In(20));
        Change(table, "a", host => host.WaitsUntil = In(90));
        table.Hold("c", _now);
        table.Hold("d", _now);

        Assert.Equal([true, false], Knows(table, "a", "b"));
    }

    [Fact]
    public void A_host_whose_time_is_over_is_at_rest()
    {
        var table = Table(Options);
        Change(table, "waited", host => host.WaitsUntil = In(50));
        Change(table, "waits", host => host.WaitsUntil = In(500));
        Visit(table, "a");
        _now = In(60);

        // Its wait ended after "a" was used last.
        Visit(table, "b");
        Assert.Equal([true, true, false, true], Knows(table, "waited", "waits", "a", "b"));
        Visit(table, "c", "d");

        Assert.Equal([false, true], Knows(table, "waited", "waits"));
    }

    [Fact]
    public void A_host_that_takes_a_forgotten_ones_place_begins_blank()
    {
        var table = Table(Options with { MostHosts = 1 });
        Change(table, "a", host =>
        {
            (host.SentAt, host.CrawlDelayMs, host.LatencyMs, host.FailuresInARow, host.Openings) = (1, 2, 3, 4, 5);
            host.Outcomes.Add(isMarked: true, _now, Options.BreakerWindow);
            host.Attempts.Add(isMarked: true, _now, Options.RetryWindow);
        });

        var host = table.Hold("b", _now);

        Assert.Equal(new HostRecord("b", 0, 0, 0, 0, 0, 0, 0), HostRecord.Of(host));
        Assert.Equal((0, 0), (host.Outcomes.MarkedThroughout(_now, Options.BreakerWindow), host.Attempts.MarkedThroughout(_now, Options.RetryWindow)));
    }

    [Property(MaxTest = 300)]
    public void Whatever_happens_the_bound_holds_for_hosts_without_work_and_none_with_work_is_lost(byte[] script)
    {
        var table = Table(Options);
        var held = new Dictionary<string, Stack<HostState>>();
        foreach (var step in script)
        {
            var key = $"h{step % 7}";
            var stack = held.TryGetValue(key, out var known) ? known : held[key] = new();
            if (step % 3 == 0 && stack.TryPop(out var host))
                table.Release(host, _now);
            else
                stack.Push(table.Hold(key, _now));
            if (step % 5 == 0 && stack.TryPeek(out var waiting))
                waiting.WaitsUntil = In(step);
            _now = In(step % 11);

            Assert.All(held, pair => Assert.All(pair.Value, state => Assert.Equal(pair.Key, state.Key)));
            Assert.All(held.Values.Where(states => states.Count > 0), states => Assert.Single(states.Distinct()));
            Assert.True(table.Count <= Math.Max(3, held.Values.Count(states => states.Count > 0)));
        }
    }

    private static HostTable Table(HostsOptions options) => new(options, new PolitenessClock(options));

    private long In(int seconds) => _now + (seconds * TimeSpan.TicksPerSecond);

    private void Visit(HostTable table, params string[] keys)
    {
        foreach (var key in keys)
            table.Release(table.Hold(key, _now), _now);
    }

    private void Change(HostTable table, string key, Action<HostState> change)
    {
        var host = table.Hold(key, _now);
        change(host);
        table.Release(host, _now);
    }

    private static IEnumerable<bool> Knows(HostTable table, params string[] keys) => keys.Select(table.Knows);
}
