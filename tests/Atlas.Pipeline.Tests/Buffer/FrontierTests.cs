using System.Threading.Channels;
using Atlas.Pipeline.Buffer;
using Atlas.Pipeline.Hosts;
using Microsoft.Extensions.Time.Testing;
using static Atlas.Pipeline.Tests.Buffer.Items;

namespace Atlas.Pipeline.Tests.Buffer;

public sealed class FrontierTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly FakeTimeProvider _time = new(Start);
    private readonly FakeLedger _ledger = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<WorkItem> _sent = Channel.CreateUnbounded<WorkItem>();

    public void Dispose() => _stop.Dispose();

    [Fact]
    public async Task Everything_admitted_is_sent_once_and_the_run_ends_after_the_intake()
    {
        var frontier = Frontier(capacity: 10);
        var run = Run(frontier, mostInFlight: 3);
        _ledger.Admit([.. Enumerable.Range(1, 100).Select(i => Item(i, $"host-{i}"))]);

        var sent = new List<long>();
        for (var i = 0; i < 100; i++)
        {
            Assert.InRange(frontier.InFlight, 0, 3);
            Assert.InRange(frontier.Buffered, 0, 10);
            var item = await NextAsync();
            sent.Add(item.Sequence);
            await frontier.SettleAsync(Verdict.Forward(item));
        }

        Assert.False(run.IsCompleted);
        frontier.EndIntake();
        await run.WaitAsync(Patience);
        Assert.Equal(Enumerable.Range(1, 100).Select(i => (long)i), sent.Order());
        Assert.InRange(_ledger.LargestTake, 1, 10);
    }

    [Fact]
    public async Task A_host_that_is_held_back_is_not_asked_and_does_not_keep_the_run_from_ending()
    {
        _ledger.Held.Add("host-1");
        _ledger.Admit(Item(1, "host-1"), Item(2, "host-1:8080"), Item(3, "host-2"));
        var frontier = Frontier(capacity: 10);
        frontier.EndIntake();
        var run = Run(frontier, mostInFlight: 3);

        var item = await NextAsync();
        await frontier.SettleAsync(Verdict.Forward(item));

        await run.WaitAsync(Patience);
        Assert.Equal(3, item.Sequence);
        Assert.Equal(2, frontier.Buffered);
        Assert.Equal(HostGate.HeldUntil, frontier.NextAt);
    }

    [Fact]
    public async Task What_earlier_runs_left_is_sent_even_beyond_the_capacity()
    {
        _ledger.Unfinished.AddRange(Enumerable.Range(1, 5).Select(i => Item(i, $"host-{i}")));
        var frontier = Frontier(capacity: 2);
        frontier.EndIntake();
        var run = Run(frontier, mostInFlight: 1);

        for (var i = 0; i < 5; i++)
            await frontier.SettleAsync(Verdict.Forward(await NextAsync()));

        await run.WaitAsync(Patience);
        Assert.Equal(0, frontier.Buffered);
    }

    [Fact]
    public async Task An_item_that_keeps_killing_the_process_is_given_up_at_the_start()
    {
        var item = Item(1);
        item.Lost = 21;
        _ledger.Unfinished.Add(item);
        var frontier = Frontier();
        frontier.EndIntake();

        await Run(frontier).WaitAsync(Patience);

        Assert.Equal(["claim 1", "dead 1 killed_the_process"], _ledger.EventsSoFar());
        Assert.False(_sent.Reader.TryRead(out _));
    }

    /// <summary>Suspects that were given up with their host counted as out for good, and the others waited for them without end.</summary>
    [Fact]
    public async Task Suspects_that_are_given_up_with_their_host_make_room_for_the_next()
    {
        _ledger.KnownHosts.Add(new HostRecord("down", 0, 0, 0, 0, 0, Openings: 99, OpenUntil: Start.AddDays(1).UtcTicks));
        foreach (var item in new[] { Item(1, "down"), Item(2, "down"), Item(3, "up") })
        {
            item.Lost = 2;
            _ledger.Unfinished.Add(item);
        }

        var frontier = Frontier();
        frontier.EndIntake();
        var run = Run(frontier, fetchers: 1);
        var sent = _sent.Reader.ReadAsync().AsTask();

        // Long before the host would be asked again, and no faster than the frontier looks.
        for (var second = 0; second < 3_000 && !sent.IsCompleted; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }

        var last = await sent.WaitAsync(Patience);
        await frontier.SettleAsync(Verdict.Forward(last));

        await run.WaitAsync(Patience);
        Assert.Equal(3, last.Sequence);
        Assert.Equal(["claim 1", "dead 1 host_down", "claim 2", "dead 2 host_down", "claim 3"], _ledger.EventsSoFar());
    }

    [Fact]
    public async Task An_item_that_the_machines_own_lack_has_hindered_is_released_and_comes_back()
    {
        var frontier = Frontier();
        var run = Run(frontier);
        _ledger.Admit(Item(1));
        frontier.EndIntake();

        for (var i = 0; i < 10; i++)
        {
            var item = await NextAsync();
            Assert.Equal((1, 0), (item.Attempt, item.Deferrals));
            await frontier.SettleAsync(Verdict.Failed(item, Reason.NoHandles, "Too many open files."));
            _time.Advance(RetryPolicy.MostLocalWait);
        }

        await frontier.SettleAsync(Verdict.Forward(await NextAsync()));
        await run.WaitAsync(Patience);
        Assert.Equal(10, _ledger.EventsSoFar().Count(line => line == "release 1"));
        Assert.DoesNotContain(_ledger.EventsSoFar(), line => line.StartsWith("dead", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_retry_comes_back_when_it_is_due_with_its_attempt_counted()
    {
        var frontier = Frontier();
        var run = Run(frontier);
        _ledger.Admit(Item(1));
        var item = await NextAsync();
        Assert.Equal(1, item.Attempt);

        await frontier.SettleAsync(Verdict.Failed(item, Reason.Http(503), "busy", TimeSpan.FromSeconds(10)));
        frontier.EndIntake();
        Assert.Equal((0, 1), (frontier.Buffered, frontier.Remembered));
        Assert.Equal(Start.AddSeconds(10), item.DueAt);
        var again = await NextAsync(advancing: true);

        Assert.True(_time.GetUtcNow() >= item.DueAt);
        Assert.Equal(2, again.Attempt);
        await frontier.SettleAsync(Verdict.Forward(again));
        await run.WaitAsync(Patience);
        Assert.Equal(["claim 1", "retry 1 http_503 True", "claim 1"], _ledger.EventsSoFar());
    }

    [Fact]
    public async Task A_rate_limit_gives_the_attempt_back_and_holds_the_whole_host()
    {
        var frontier = Frontier();
        _ = Run(frontier);
        _ledger.Admit(Item(1), Item(2));
        var item = await NextAsync();

        await frontier.SettleAsync(Verdict.Failed(item, Reason.Http(429), "slow down", TimeSpan.FromSeconds(10)));
        Assert.Equal((0, 1), (item.Attempt, item.Deferrals));
        _ledger.Admit(Item(3, "other"));

        Assert.Equal(3, (await NextAsync()).Sequence);
        await NextAsync(advancing: true);
        Assert.True(_time.GetUtcNow() >= Start.AddSeconds(10));
    }

    [Fact]
    public async Task A_dead_letter_is_recorded_and_frees_its_host_and_its_document()
    {
        var frontier = Frontier();
        _ = Run(frontier);
        _ledger.Admit(Item(1), Item(2));
        var item = await NextAsync();
        item.Document = new FetchedDocument { FinalUrl = item.Url, Status = 200, FetchedAt = Start };

        await frontier.SettleAsync(Verdict.Failed(item, Reason.Http(404), "gone"));

        Assert.Null(item.Document);
        Assert.Equal(2, (await NextAsync()).Sequence);
        Assert.Contains("dead 1 http_404", _ledger.EventsSoFar());
    }

    [Fact]
    public async Task The_last_attempt_is_followed_by_a_dead_letter()
    {
        var item = Item(1);
        item.Attempt = 4;
        _ledger.Unfinished.Add(item);
        var frontier = Frontier();
        frontier.EndIntake();
        var run = Run(frontier);

        await frontier.SettleAsync(Verdict.Failed(await NextAsync(), Reason.Timeout, "slow"));

        await run.WaitAsync(Patience);
        Assert.Equal(["claim 1", "dead 1 timeout"], _ledger.EventsSoFar());
    }

    [Fact]
    public async Task An_interrupted_item_is_released_and_not_offered_again()
    {
        var frontier = Frontier();
        var run = Run(frontier);
        _ledger.Admit(Item(1));

        await frontier.SettleAsync(Verdict.Interrupted(await NextAsync()));
        frontier.EndIntake();

        await run.WaitAsync(Patience);
        Assert.Equal(["claim 1", "release 1"], _ledger.EventsSoFar());
    }

    [Fact]
    public async Task No_more_is_claimed_than_can_be_fetched_soon_and_what_has_been_fetched_makes_room()
    {
        var frontier = Frontier();
        _ = Run(frontier, mostInFlight: 50, fetchers: 3);
        _ledger.Admit([.. Enumerable.Range(1, 40).Select(i => Item(i, $"host-{i}"))]);
        var sent = new List<WorkItem>();

        while (sent.Count < 20)
        {
            sent.Add(await NextAsync());
            Assert.InRange(frontier.InFlight, 1, sent.Count - 1 + 6);
            frontier.Fetched(Verdict.Forward(sent[^1]));
        }

        Assert.InRange(_ledger.EventsSoFar().Length, 20, 26);
    }

    [Fact]
    public async Task A_limit_below_the_fetchers_is_kept_as_it_moves()
    {
        var frontier = Frontier();
        _ledger.Admit([.. Enumerable.Range(1, 60).Select(i => Item(i, $"host-{i}"))]);
        var limit = 4;
        var mostUsed = 0;
        _ = frontier.RunAsync(verdict => Task.FromResult(_sent.Writer.TryWrite(verdict.Item)), 10, 100, _stop.Token, used =>
        {
            mostUsed = Math.Max(mostUsed, used);
            return Volatile.Read(ref limit);
        });

        for (var i = 0; i < 20; i++)
            frontier.Fetched(Verdict.Forward(await NextAsync()));
        Assert.Equal(4, mostUsed);

        Volatile.Write(ref limit, 8);
        for (var i = 0; i < 40; i++)
            frontier.Fetched(Verdict.Forward(await NextAsync()));
        Assert.InRange(mostUsed, 5, 8);
    }

    [Fact]
    public async Task What_was_claimed_and_not_sent_when_a_stop_comes_is_released()
    {
        var frontier = Frontier();
        _ledger.Admit([.. Enumerable.Range(1, 6).Select(i => Item(i, $"host-{i}"))]);
        var asked = 0;

        await frontier.RunAsync(async verdict =>
        {
            asked++;
            await _stop.CancelAsync();
            await frontier.SettleAsync(Verdict.Forward(verdict.Item));
            return true;
        }, 3, 50, _stop.Token).WaitAsync(Patience);

        Assert.Equal(1, asked);
        Assert.Equal(5, _ledger.EventsSoFar().Count(what => what.StartsWith("release", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_stop_takes_nothing_new_and_waits_for_what_is_in_flight()
    {
        var frontier = Frontier();
        var run = Run(frontier);
        _ledger.Admit(Item(1), Item(2));
        var item = await NextAsync();

        await _stop.CancelAsync();
        Assert.False(run.IsCompleted);
        await frontier.SettleAsync(Verdict.Forward(item));

        await run.WaitAsync(Patience);
        Assert.Equal(["claim 1"], _ledger.EventsSoFar());
        Assert.Equal(1, frontier.Buffered);
    }

    [Fact]
    public async Task The_backlog_is_asked_for_other_hosts_while_all_that_is_held_must_wait()
    {
        var frontier = Frontier(capacity: 4);
        _ = Run(frontier);
        _ledger.Admit(Item(1), Item(2), Item(3), Item(4));
        await NextAsync();

        _ledger.Admit(Item(5, "other"));

        Assert.Equal(5, (await NextAsync()).Sequence);
    }

    [Fact]
    public async Task A_host_with_very_many_URLs_does_not_keep_the_others_waiting()
    {
        var frontier = Frontier(capacity: 10);
        _ = Run(frontier, mostInFlight: 3);
        _ledger.Admit([.. Enumerable.Range(1, 10_000).Select(i => Item(i, "big"))]);
        _ledger.Admit(Item(10_001, "small"), Item(10_002, "smaller"));

        var first = new[] { await NextAsync(), await NextAsync(), await NextAsync() };

        Assert.Equal(["big", "small", "smaller"], first.Select(item => item.HostKey).Order());
        Assert.Equal((10_000 - 1L, 0L), (frontier.Buffered + frontier.Remembered, _ledger.Backlog));
    }

    [Fact]
    public async Task All_of_a_host_that_does_not_fit_is_sent_in_its_turn()
    {
        var frontier = Frontier(capacity: 3);
        frontier.EndIntake();
        _ledger.Admit([.. Enumerable.Range(1, 100).Select(i => Item(i, i % 3 == 0 ? "a" : "b"))]);
        var run = Run(frontier, mostInFlight: 2);
        var sent = new List<WorkItem>();
        while (sent.Count < 100)
        {
            sent.Add(await NextAsync());
            await frontier.SettleAsync(Verdict.Forward(sent[^1]));
        }

        await run.WaitAsync(Patience);
        foreach (var host in sent.GroupBy(item => item.HostKey))
            Assert.Equal(host.Select(item => item.Sequence).Order(), host.Select(item => item.Sequence));
    }

    [Fact]
    public async Task An_urgent_URL_is_found_in_the_backlog_before_the_buffer_has_run_low()
    {
        var frontier = Frontier(capacity: 100);
        _ = Run(frontier, mostInFlight: 1, fetchers: 1);
        _ledger.Admit([.. Enumerable.Range(1, 90).Select(i => Item(i, $"host-{i}"))]);
        var item = await NextAsync();
        _ledger.Admit(Item(91, "urgent", PriorityClass.Critical));
        _time.Advance(TimeSpan.FromSeconds(2));

        await frontier.SettleAsync(Verdict.Forward(item));

        Assert.Equal(91, (await NextAsync()).Sequence);
    }

    [Fact]
    public async Task At_the_end_of_input_a_run_does_not_stay_for_what_is_due_much_later()
    {
        var frontier = Frontier();
        var run = Run(frontier);
        _ledger.Admit(Item(1));
        await frontier.SettleAsync(Verdict.Failed(await NextAsync(), Reason.Http(503), "busy", TimeSpan.FromHours(1)));
        Assert.False(run.IsCompleted);

        frontier.EndIntake();

        await run.WaitAsync(Patience);
        Assert.Equal(1, frontier.Remembered);
    }

    [Fact]
    public async Task What_the_ledger_throws_ends_the_run()
    {
        var frontier = Frontier();
        var run = Run(frontier);
        _ledger.ClaimError = new IOException("disk full");
        _ledger.Admit(Item(1));

        Assert.Equal("disk full", (await Assert.ThrowsAsync<IOException>(() => run.WaitAsync(Patience))).Message);
    }

    [Fact]
    public async Task A_ledger_that_fails_by_itself_ends_the_run()
    {
        var run = Run(Frontier());

        _ledger.Break(new IOException("disk gone"));

        await Assert.ThrowsAsync<IOException>(() => run.WaitAsync(Patience));
    }

    [Fact]
    public async Task Who_asks_whether_it_is_idle_hears_it_when_the_last_item_is_settled_and_the_run_goes_on()
    {
        var frontier = Frontier();
        var run = Run(frontier);
        _ledger.Admit(Item(1), Item(2, "other"));
        var idle = frontier.WhenIdle();
        var (first, second) = (await NextAsync(), await NextAsync());

        await frontier.SettleAsync(Verdict.Forward(first));
        await frontier.SettleAsync(Verdict.Failed(second, Reason.Timeout, ""));
        Assert.False(idle.IsCompleted);
        await frontier.SettleAsync(Verdict.Forward(await NextAsync(advancing: true)));
        await idle.WaitAsync(Patience);

        Assert.False(run.IsCompleted);
        _ledger.Admit(Item(3));
        var again = frontier.WhenIdle();
        var third = await NextAsync();
        Assert.False(again.IsCompleted);
        await frontier.SettleAsync(Verdict.Forward(third));
        await again.WaitAsync(Patience);
        frontier.EndIntake();
        await run.WaitAsync(Patience);
    }

    [Fact]
    public async Task A_document_is_asked_for_again_when_its_check_is_old_and_not_a_moment_sooner()
    {
        _ledger.Checked.Add(Start, Item(1, "a"));
        _ledger.Checked.Add(Start.AddMinutes(1), Item(2, "b"));
        var run = Run(Frontier(refetchAfter: TimeSpan.FromHours(1)));

        _time.Advance(TimeSpan.FromHours(1) - TimeSpan.FromMilliseconds(1));
        _ledger.Admit(Item(11, "new"));
        Assert.Equal(11, (await NextAsync()).Sequence);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, (await NextAsync()).Sequence);

        _ledger.Admit(Item(12, "newer"));
        Assert.Equal(12, (await NextAsync()).Sequence);
        Assert.False(run.IsCompleted);
        _time.Advance(TimeSpan.FromMinutes(1) - TimeSpan.FromMilliseconds(1));
        _ledger.Admit(Item(13, "newest"));
        Assert.Equal(13, (await NextAsync()).Sequence);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(2, (await NextAsync()).Sequence);
    }

    [Fact]
    public async Task Without_a_period_nothing_is_asked_for_again_however_old()
    {
        _ledger.Checked.Add(Start.AddYears(-5), Item(1));
        var frontier = Frontier();
        frontier.EndIntake();

        await Run(frontier).WaitAsync(Patience);

        Assert.Empty(_ledger.EventsSoFar());
    }

    [Fact]
    public async Task What_is_unknown_goes_before_what_is_known()
    {
        _ledger.Checked.Add(Start.AddDays(-2), Item(1, "old"));
        _ledger.Admit([.. Enumerable.Range(2, 50).Select(i => Item(i, $"host-{i}"))]);
        var frontier = Frontier(refetchAfter: TimeSpan.FromHours(1), capacity: 4);
        frontier.EndIntake();
        var run = Run(frontier, mostInFlight: 1, fetchers: 1);

        var sent = new List<long>();
        while (sent.Count < 51)
        {
            var item = await NextAsync();
            sent.Add(item.Sequence);
            await frontier.SettleAsync(item.Sequence == 1 ? Confirmed(item) : Verdict.Forward(item));
        }

        await run.WaitAsync(Patience);
        Assert.InRange(sent.IndexOf(1), 47, 50);
    }

    [Fact]
    public async Task A_run_ends_when_nothing_is_due_and_leaves_what_it_has_checked_itself_to_the_next()
    {
        foreach (var i in Enumerable.Range(1, 3))
            _ledger.Checked.Add(Start.AddSeconds(i - 10), Item(i));
        _ledger.Checked.Add(Start.AddSeconds(-1), Item(4));
        var frontier = Frontier(refetchAfter: TimeSpan.FromSeconds(5));
        frontier.EndIntake();
        var run = Run(frontier, mostInFlight: 1);

        // Each takes longer than the period: without an end the first would be due again before the last was asked for.
        foreach (var expected in new long[] { 1, 2, 3, 4 })
        {
            var item = await NextAsync();
            Assert.Equal(expected, item.Sequence);
            _time.Advance(TimeSpan.FromSeconds(6));
            await frontier.SettleAsync(Confirmed(item));
        }

        await run.WaitAsync(Patience);
        Assert.Equal(4, _ledger.Checked.Count);
    }

    [Fact]
    public async Task What_is_not_due_yet_does_not_hold_a_run_open()
    {
        _ledger.Checked.Add(Start.AddSeconds(-1), Item(1));
        var frontier = Frontier(refetchAfter: TimeSpan.FromSeconds(5));
        frontier.EndIntake();

        await Run(frontier).WaitAsync(Patience);

        Assert.Single(_ledger.Checked);
    }

    [Fact]
    public async Task A_run_is_not_idle_while_documents_are_due()
    {
        _ledger.Checked.Add(Start.AddHours(-2), Item(1));
        var frontier = Frontier(refetchAfter: TimeSpan.FromHours(1));
        var idle = frontier.WhenIdle();
        var run = Run(frontier);

        var item = await NextAsync();
        Assert.False(idle.IsCompleted);
        await frontier.SettleAsync(Confirmed(item));

        await idle.WaitAsync(Patience);
        frontier.EndIntake();
        await run.WaitAsync(Patience);
        Assert.Equal(["claim 1", "confirm 1"], _ledger.EventsSoFar());
    }

    private Verdict Confirmed(WorkItem item)
    {
        item.Confirmed = new Confirmation(_time.GetUtcNow(), ByStatus: true, null, null);
        return Verdict.Confirmed(item);
    }

    private Frontier Frontier(int capacity = 100, TimeSpan? refetchAfter = null) =>
        new(new BufferOptions { Capacity = capacity }, new HostsOptions { Concurrency = 1, Delay = TimeSpan.Zero }, _ledger, new Seams { Time = _time }, refetchAfter);

    private Task Run(Frontier frontier, int mostInFlight = 10, int fetchers = 10) =>
        frontier.RunAsync(verdict => Task.FromResult(_sent.Writer.TryWrite(verdict.Item)), fetchers, mostInFlight, _stop.Token);

    /// <summary>The next item sent; on request the clock is moved on, a second at a time, until there is one.</summary>
    private async Task<WorkItem> NextAsync(bool advancing = false)
    {
        var next = _sent.Reader.ReadAsync().AsTask();
        for (var i = 0; advancing && !next.IsCompleted && i < 1_000_000; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        return await next.WaitAsync(Patience);
    }
}
