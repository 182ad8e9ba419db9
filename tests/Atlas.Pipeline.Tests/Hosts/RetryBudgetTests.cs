using Atlas.Pipeline.Hosts;
using FsCheck.Xunit;

namespace Atlas.Pipeline.Tests.Hosts;

public sealed class RetryBudgetTests
{
    private static readonly HostsOptions Options = new();
    private static readonly long Start = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).UtcTicks;

    [Fact]
    public void A_host_gets_three_retries_in_ten_seconds_for_nothing()
    {
        var (budget, host) = (new RetryBudget(Options, new Random(1)), new HostState("a.test"));

        Assert.Equal(3, Retries(budget, host, Start, tries: 10));
        Assert.Equal(0, Retries(budget, host, Start + TimeSpan.FromSeconds(9.9).Ticks, tries: 10));
        Assert.Equal(3, Retries(budget, host, Start + TimeSpan.FromSeconds(12.5).Ticks, tries: 10));
    }

    [Fact]
    public void A_tenth_of_first_attempts_is_added_while_they_are_recent()
    {
        var (budget, host) = (new RetryBudget(Options, new Random(1)), new HostState("a.test"));
        for (var i = 0; i < 200; i++)
            budget.First(host, Start);

        Assert.Equal(23, Retries(budget, host, Start, tries: 50));
        Assert.Equal(3, Retries(budget, host, Start + TimeSpan.FromSeconds(13).Ticks, tries: 50));
    }

    [Fact]
    public void All_hosts_together_have_a_budget_too()
    {
        var budget = new RetryBudget(Options, new Random(1));

        var retries = Enumerable.Range(0, 1000).Sum(i => Retries(budget, new HostState($"h{i}.test"), Start, tries: 1));

        Assert.Equal(100, retries);
    }

    [Fact]
    public void What_is_over_budget_is_put_off_to_a_moment_within_half_a_window_and_not_to_one_and_the_same()
    {
        var (budget, host) = (new RetryBudget(Options, new Random(1)), new HostState("a.test"));
        Retries(budget, host, Start, tries: 3);

        var again = Enumerable.Range(0, 50).Select(_ => budget.TryRetry(host, Start, out var at) ? 0 : at - Start).ToList();

        Assert.All(again, wait => Assert.InRange(wait, 1, TimeSpan.FromSeconds(5).Ticks));
        Assert.True(again.Distinct().Count() > 40);
    }

    [Property(MaxTest = 200)]
    public void No_window_that_ends_with_a_retry_holds_more_than_the_floor_and_a_tenth_of_its_first_attempts(byte[] script, byte percent)
    {
        var options = Options with { RetryPercent = percent % 101, RetryFloor = 1_000_000 };
        var (budget, host) = (new RetryBudget(options, new Random(1)), new HostState("a.test"));
        var (firsts, retries) = (new List<long>(), new List<long>());
        var now = Start;
        foreach (var step in script)
        {
            now += step * TimeSpan.TicksPerMillisecond * 3;
            for (var i = 0; i < step % 16; i++)
            {
                budget.First(host, now);
                firsts.Add(now);
            }

            while (budget.TryRetry(host, now, out _))
                retries.Add(now);
        }

        Assert.All(retries, end =>
        {
            var begin = end - options.RetryWindow.Ticks;
            var allowed = options.RetryHostFloor + (firsts.Count(at => at > begin && at <= end) * options.RetryPercent / 100.0);
            Assert.True(retries.Count(at => at > begin && at <= end) <= allowed);
        });
    }

    private static int Retries(RetryBudget budget, HostState host, long now, int tries) =>
        Enumerable.Range(0, tries).Count(_ => budget.TryRetry(host, now, out var _));
}
