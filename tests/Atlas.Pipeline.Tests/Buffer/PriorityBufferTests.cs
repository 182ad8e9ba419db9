using Atlas.Pipeline.Buffer;
using Atlas.Pipeline.Hosts;
using Microsoft.Extensions.Time.Testing;
using static Atlas.Pipeline.Tests.Buffer.Items;

namespace Atlas.Pipeline.Tests.Buffer;

public sealed class PriorityBufferTests
{
    private readonly FakeTimeProvider _time = new(Start);
    private readonly Dictionary<long, WorkItem> _items = [];

    [Fact]
    public void What_does_not_fit_is_held_by_number_and_comes_out_in_its_turn()
    {
        var buffer = Buffer(capacity: 2);
        for (var i = 1; i <= 4; i++)
            Add(buffer, Item(i, $"host-{i}"));

        Assert.Equal((2, 2), (buffer.Count, buffer.Remembered));
        Assert.Equal([1, 2], TakeAll(buffer));
        Assert.Equal([3, 4], TakeAllRecalled(buffer));
        Assert.Equal((0, 0), (buffer.Count, buffer.Remembered));
    }

    [Fact]
    public void One_host_has_its_share_and_leaves_the_rest_to_the_others()
    {
        var buffer = Buffer(capacity: 100, perHost: 10);
        for (var i = 1; i <= 1_000; i++)
            Add(buffer, Item(i, "big"));
        for (var i = 1_001; i <= 1_050; i++)
            Add(buffer, Item(i, $"host-{i}"));

        Assert.Equal((60, 990), (buffer.Count, buffer.Remembered));
        Assert.Equal([1, .. Enumerable.Range(1_001, 50).Select(i => (long)i)], TakeAll(buffer));
    }

    [Fact]
    public void An_urgent_item_goes_first_on_a_host_that_has_its_share()
    {
        var buffer = Buffer(concurrency: 10, perHost: 2);
        for (var i = 1; i <= 6; i++)
            Add(buffer, Item(i));
        Add(buffer, Item(7, priority: PriorityClass.Critical));

        Assert.Equal([7, 1, 2, 3, 4, 5, 6], TakeAllRecalled(buffer));
    }

    [Fact]
    public void Room_is_made_by_hosts_that_cannot_be_asked_when_nothing_else_can_be_fetched()
    {
        var buffer = Buffer(capacity: 4);
        for (var i = 1; i <= 4; i++)
            Add(buffer, Item(i, "down"));
        Assert.False(buffer.MakeRoom());
        buffer.HostWaits("down", Start.AddHours(1));

        Assert.True(buffer.MakeRoom());
        Assert.Equal((0, 4, 4), (buffer.Count, buffer.Remembered, buffer.Room));
        Assert.Empty(buffer.Recall(10));
        Add(buffer, Item(5, "up"));
        Assert.Equal(5, Take(buffer));
        _time.Advance(TimeSpan.FromHours(1) - TimeSpan.FromSeconds(2));
        Recall(buffer);
        Assert.Null(Take(buffer));
        Assert.Equal(Start.AddHours(1), buffer.NextChange);
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(1, Take(buffer));
    }

    [Fact]
    public void Every_host_that_has_nothing_held_gets_something_before_one_gets_much()
    {
        var buffer = Buffer(capacity: 10, perHost: 10, concurrency: 10);
        for (var i = 0; i < 5; i++)
            buffer.HostWaits($"host-{i}", Start.AddMinutes(1));
        for (var i = 0; i < 100; i++)
            Add(buffer, Item(i, $"host-{i / 20}"));
        Assert.True(buffer.MakeRoom());
        _time.Advance(TimeSpan.FromMinutes(1));

        Recall(buffer);

        Assert.Equal([0, 1, 20, 21, 40, 41, 60, 61, 80, 81], TakeAll(buffer));
    }

    [Fact]
    public void A_host_is_asked_again_only_after_its_delay()
    {
        var buffer = Buffer(concurrency: 10, delay: 1_000);
        Add(buffer, Item(1));
        Add(buffer, Item(2));

        Assert.True(buffer.TryTake(out var first));
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Null(Take(buffer));
        Assert.Null(buffer.NextChange);

        // It counts from the sending, however long that takes.
        buffer.Sending(first);
        buffer.Answered(first);
        Assert.Null(Take(buffer));
        Assert.Equal(Start.AddSeconds(61), buffer.NextChange);
        _time.Advance(TimeSpan.FromMilliseconds(999));
        Assert.Null(Take(buffer));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(2, Take(buffer));
    }

    [Fact]
    public void A_host_has_no_more_in_flight_than_its_concurrency()
    {
        var buffer = Buffer(concurrency: 2);
        for (var i = 1; i <= 3; i++)
            Add(buffer, Item(i));

        Assert.True(buffer.TryTake(out var first));
        Assert.Equal(2, Take(buffer));
        Assert.Null(Take(buffer));
        Assert.Null(buffer.NextChange);
        buffer.Ended(first, HostOutcome.Nothing);

        Assert.Equal(3, Take(buffer));
    }

    [Fact]
    public void The_most_urgent_goes_first_across_hosts_and_equals_in_the_order_of_admission()
    {
        var buffer = Buffer(concurrency: 10);
        Add(buffer, Item(4, "a", PriorityClass.Low));
        Add(buffer, Item(3, "b", PriorityClass.High));
        Add(buffer, Item(2, "a", PriorityClass.Critical));
        Add(buffer, Item(1, "c", PriorityClass.High));

        Assert.Equal([2, 1, 3, 4], TakeAll(buffer));
    }

    [Fact]
    public void Waiting_lifts_an_item_by_one_level_per_aging_time()
    {
        var buffer = Buffer(concurrency: 10, aging: 60_000);
        Add(buffer, Item(1, "old", PriorityClass.Low));
        _time.Advance(TimeSpan.FromSeconds(59));
        Add(buffer, Item(2, "a", PriorityClass.Normal, admittedAt: _time.GetUtcNow()));
        _time.Advance(TimeSpan.FromSeconds(2));
        Add(buffer, Item(3, "b", PriorityClass.Normal, admittedAt: _time.GetUtcNow()));

        Assert.Equal([2, 1, 3], TakeAll(buffer));
    }

    [Fact]
    public void A_tie_after_aging_goes_to_the_longest_waiting()
    {
        var buffer = Buffer(concurrency: 10, aging: 60_000);
        Add(buffer, Item(2, "old", PriorityClass.Low));
        _time.Advance(TimeSpan.FromSeconds(60));
        Add(buffer, Item(1, "new", PriorityClass.Normal, admittedAt: _time.GetUtcNow()));

        Assert.Equal([2, 1], TakeAll(buffer));
    }

    [Fact]
    public void Nothing_is_offered_of_a_host_that_waits_and_a_shorter_wait_does_not_end_a_longer_one()
    {
        var buffer = Buffer();
        Add(buffer, Item(1, "a", PriorityClass.Critical));
        Add(buffer, Item(2, "b", PriorityClass.Cleanup));
        buffer.HostWaits("a", Start.AddSeconds(30));
        buffer.HostWaits("a", Start.AddSeconds(10));

        Assert.Equal(2, Take(buffer));
        Assert.Null(Take(buffer));
        Assert.Equal(Start.AddSeconds(30), buffer.NextChange);
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(1, Take(buffer));
    }

    [Fact]
    public void A_wait_also_holds_for_a_host_that_is_not_known_yet()
    {
        var buffer = Buffer();
        buffer.HostWaits("a", Start.AddSeconds(30));
        Add(buffer, Item(1));

        Assert.Null(Take(buffer));
    }

    [Fact]
    public void An_item_is_not_offered_before_it_is_due()
    {
        var buffer = Buffer();
        Add(buffer, Item(1, dueAt: Start.AddSeconds(5)));

        Assert.Null(Take(buffer));
        Assert.Equal((0, 1), (buffer.Count, buffer.Remembered));
        Assert.Equal(Start.AddSeconds(5), buffer.NextChange);
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(Start.AddSeconds(5), buffer.NextChange);
        Assert.Equal([1], TakeAllRecalled(buffer));
    }

    [Fact]
    public void A_host_without_items_is_not_known_any_more_and_its_delay_holds_all_the_same()
    {
        var buffer = Buffer(delay: 1_000);
        Add(buffer, Item(1));
        Assert.True(buffer.TryTake(out var item));
        buffer.Sending(item);
        buffer.Answered(item);
        buffer.Ended(item, HostOutcome.Answered);
        Assert.Equal(0, buffer.HostsKnown);

        Add(buffer, Item(2));

        Assert.Null(Take(buffer));
        Assert.Equal(Start.AddSeconds(1), buffer.NextChange);
    }

    [Fact]
    public void A_host_that_fails_is_left_alone_and_then_tried_with_one_item()
    {
        var buffer = Buffer(concurrency: 10);
        for (var i = 1; i <= 20; i++)
            Add(buffer, Item(i));
        for (var i = 1; i <= 5; i++)
        {
            Assert.True(buffer.TryTake(out var failing));
            buffer.Sending(failing);
            buffer.Answered(failing);
            buffer.Ended(failing, HostOutcome.Failed);
        }

        Assert.Null(Take(buffer));
        Assert.Equal("a", Assert.Single(buffer.TakeHostChanges(), record => record.Openings == 1).Key);
        _time.SetUtcNow(buffer.NextChange!.Value);
        Assert.True(buffer.TryTake(out var probe));
        Assert.Null(Take(buffer));
        buffer.Sending(probe);
        buffer.Answered(probe);
        buffer.Ended(probe, HostOutcome.Answered);

        Assert.Equal(14, TakeAllRecalled(buffer).Count);
    }

    [Fact]
    public void What_waits_for_a_host_that_stays_down_is_given_up_and_other_hosts_go_on()
    {
        var buffer = Buffer(concurrency: 10, perHost: 3);
        for (var i = 1; i <= 30; i++)
            Add(buffer, Item(i, "down"));
        Add(buffer, Item(31, "up"));
        var asked = 0;
        while (buffer.TakeGivenUp(5) is var none && none.Count == 0)
        {
            Recall(buffer);
            if (!buffer.TryTake(out var item))
            {
                _time.SetUtcNow(buffer.NextChange!.Value);
                continue;
            }

            asked++;
            buffer.Sending(item);
            buffer.Answered(item);
            buffer.Ended(item, item.HostKey == "up" ? HostOutcome.Answered : HostOutcome.Failed);
        }

        Assert.Equal(1 + 5 + 6, asked);
        var more = new List<long>();
        while (buffer.TakeGivenUp(5) is { Count: > 0 } rows)
            more.AddRange(rows.Select(row => row.Sequence));
        Assert.Equal(30 - 11 - 5, more.Count);
        Assert.Equal((0, 0), (buffer.Count, buffer.Remembered));
    }

    [Fact]
    public void Retries_over_the_budget_are_put_off_and_first_attempts_are_not()
    {
        var buffer = Buffer(capacity: 1_000, concurrency: 1_000, perHost: 1_000);
        for (var i = 1; i <= 20; i++)
        {
            var retry = Item(i);
            retry.Attempt = 1;
            Add(buffer, retry);
        }

        Add(buffer, Item(21));

        Assert.Equal([1, 2, 3, 21], TakeAll(buffer));
        Assert.Equal(17, buffer.Remembered);
    }

    [Fact]
    public void Of_two_equally_urgent_hosts_the_one_that_delivers_goes_first()
    {
        var buffer = Buffer(concurrency: 10);
        for (var i = 1; i <= 4; i++)
            Add(buffer, Item(i, i % 2 == 0 ? "good" : "bad"));
        for (var i = 1; i <= 2; i++)
        {
            Assert.True(buffer.TryTake(out var item));
            buffer.Sending(item);
            buffer.Answered(item);
            buffer.Ended(item, item.HostKey == "good" ? HostOutcome.Answered : HostOutcome.Failed);
        }

        Assert.Equal([4, 3], TakeAll(buffer));
    }

    [Fact]
    public void What_is_known_of_hosts_goes_over_into_the_next_run()
    {
        var before = Buffer();
        before.HostWaits("waits", Start.AddHours(1));
        Add(before, Item(9, "slow"));
        Assert.True(before.TryTake(out var asked));
        asked.CrawlDelay = TimeSpan.FromSeconds(20);
        before.Sending(asked);
        before.Answered(asked);
        var after = Buffer(delay: 1_000);

        after.RestoreHosts(before.TakeHostChanges());
        Add(after, Item(1, "waits"));
        Add(after, Item(2, "slow"));
        Add(after, Item(3, "slow"));

        Assert.Null(Take(after));
        Assert.Equal(Start.AddSeconds(20), after.NextChange);
        Assert.Empty(before.TakeHostChanges());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100_000)]
    public void A_hundred_thousand_items_come_out_each_once(int hosts)
    {
        var buffer = Buffer(capacity: 100_000, concurrency: 100_000);
        for (var i = 0; i < 100_000; i++)
            Add(buffer, Item(i, $"host-{i % hosts}"));

        Assert.Equal(Enumerable.Range(0, 100_000).Select(i => (long)i), TakeAllRecalled(buffer));
    }

    /// <summary>The invariant, against a list that is searched from end to end at every step.</summary>
    [Fact]
    public void Offers_what_the_naive_model_offers_whatever_happens()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var walk = new BufferWalk(new BufferOptions { Capacity = 1_000, PerHostCapacity = random.Next(1, 6), Aging = TimeSpan.FromMilliseconds(random.Next(1, 500)) }, random);
            for (var step = 1; step <= 300; step++)
            {
                if (walk.Step(step))
                {
                    walk.Recall();
                    var expected = walk.Model.TryTake();
                    walk.Buffer.TryTake(out var taken);
                    Assert.Same(expected, taken);
                    if (taken is not null)
                        walk.Taken(taken);
                }

                Assert.Equal(walk.Model.Count, walk.Buffer.Count + walk.Buffer.Remembered);
                if (walk.Model.EarliestOffer() is { } moment)
                    Assert.True(walk.Buffer.NextChange <= moment, $"Seed {seed}, step {step}: would sleep past {moment:O}.");
            }
        }
    }

    /// <summary>With less room than items the order is another one at times.</summary>
    [Fact]
    public void In_little_room_something_is_offered_if_and_only_if_anything_may_be_fetched()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var options = new BufferOptions { Capacity = random.Next(6, 12), PerHostCapacity = random.Next(1, 6), Aging = TimeSpan.FromMilliseconds(random.Next(1, 500)) };
            var walk = new BufferWalk(options, random);
            for (var step = 1; step <= 600; step++)
            {
                if (walk.Step(step))
                {
                    walk.Recall();
                    Assert.True(walk.Model.OffersAny == walk.Buffer.TryTake(out var taken), $"Seed {seed}, step {step}: offers {taken?.Sequence}.");
                    if (taken is not null)
                    {
                        walk.Model.Take(taken);
                        walk.Taken(taken);
                    }
                }

                Assert.Equal(walk.Model.Count, walk.Buffer.Count + walk.Buffer.Remembered);
                Assert.InRange(walk.Buffer.Count, 0, options.Capacity);
            }
        }
    }

    private PriorityBuffer Buffer(int capacity = 100, int concurrency = 1, int delay = 0, int aging = 60_000, int perHost = 100) =>
        new(new BufferOptions { Capacity = capacity, PerHostCapacity = perHost, Aging = TimeSpan.FromMilliseconds(aging) }, new HostGate(new HostsOptions { Concurrency = concurrency, Delay = TimeSpan.FromMilliseconds(delay) }, new Random(1)), _time);

    private void Add(PriorityBuffer buffer, WorkItem item)
    {
        _items.Add(item.Sequence, item);
        buffer.Add(item);
    }

    private void Recall(PriorityBuffer buffer)
    {
        while (buffer.Recall(10) is { Count: > 0 } rows)
            buffer.Restore([.. rows.Select(row => _items[row.Sequence])]);
    }

    private List<long> TakeAllRecalled(PriorityBuffer buffer)
    {
        var taken = new List<long>();
        while (true)
        {
            Recall(buffer);
            if (!buffer.TryTake(out var item))
                return taken;
            taken.Add(item.Sequence);
            buffer.Sending(item);
            buffer.Answered(item);
            buffer.Ended(item, HostOutcome.Nothing);
        }
    }

    private static long? Take(PriorityBuffer buffer) => buffer.TryTake(out var item) ? item.Sequence : null;

    private static List<long> TakeAll(PriorityBuffer buffer)
    {
        var taken = new List<long>();
        while (buffer.TryTake(out var item))
            taken.Add(item.Sequence);
        return taken;
    }
}
