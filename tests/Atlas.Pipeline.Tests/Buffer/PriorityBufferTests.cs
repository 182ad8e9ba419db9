using Atlas.Pipeline.Buffer;
using Microsoft.Extensions.Time.Testing;
using static Atlas.Pipeline.Tests.Buffer.Items;

namespace Atlas.Pipeline.Tests.Buffer;

public sealed class PriorityBufferTests
{
    private readonly FakeTimeProvider _time = new(Start);

    [Fact]
    public void A_full_buffer_refuses_but_a_retry_finds_room()
    {
        var buffer = Buffer(capacity: 2);
        Assert.True(buffer.TryAdd(Item(1)));
        Assert.True(buffer.TryAdd(Item(2)));
        Assert.False(buffer.TryAdd(Item(3)));

        Assert.True(buffer.TryTake(out var taken));
        Assert.True(buffer.TryAdd(Item(3)));
        buffer.PutBack(taken);

        Assert.Equal(3, buffer.Count);
        Assert.False(buffer.TryAdd(Item(4)));
    }

    [Fact]
    public void A_host_is_asked_again_only_after_its_delay()
    {
        var buffer = Buffer(concurrency: 10, delay: 1_000);
        buffer.TryAdd(Item(1));
        buffer.TryAdd(Item(2));

        Assert.Equal(1, Take(buffer));
        Assert.Null(Take(buffer));
        Assert.Equal(Start.AddSeconds(1), buffer.NextChange);
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
            buffer.TryAdd(Item(i));

        Assert.True(buffer.TryTake(out var first));
        Assert.Equal(2, Take(buffer));
        Assert.Null(Take(buffer));
        Assert.Null(buffer.NextChange);
        buffer.Finished(first);

        Assert.Equal(3, Take(buffer));
    }

    [Fact]
    public void The_most_urgent_goes_first_across_hosts_and_equals_in_the_order_of_admission()
    {
        var buffer = Buffer(concurrency: 10);
        buffer.TryAdd(Item(4, "a", PriorityClass.Low));
        buffer.TryAdd(Item(3, "b", PriorityClass.High));
        buffer.TryAdd(Item(2, "a", PriorityClass.Critical));
        buffer.TryAdd(Item(1, "c", PriorityClass.High));

        Assert.Equal([2, 1, 3, 4], TakeAll(buffer));
    }

    [Fact]
    public void Waiting_lifts_an_item_by_one_level_per_aging_time()
    {
        var buffer = Buffer(concurrency: 10, aging: 60_000);
        buffer.TryAdd(Item(1, "old", PriorityClass.Low));
        _time.Advance(TimeSpan.FromSeconds(59));
        buffer.TryAdd(Item(2, "a", PriorityClass.Normal));
        _time.Advance(TimeSpan.FromSeconds(2));
        buffer.TryAdd(Item(3, "b", PriorityClass.Normal));

        Assert.Equal([2, 1, 3], TakeAll(buffer));
    }

    [Fact]
    public void A_tie_after_aging_goes_to_the_longest_waiting()
    {
        var buffer = Buffer(concurrency: 10, aging: 60_000);
        buffer.TryAdd(Item(2, "old", PriorityClass.Low));
        _time.Advance(TimeSpan.FromSeconds(60));
        buffer.TryAdd(Item(1, "new", PriorityClass.Normal));

        Assert.Equal([2, 1], TakeAll(buffer));
    }

    [Fact]
    public void Nothing_is_offered_of_a_host_that_waits_and_a_shorter_wait_does_not_end_a_longer_one()
    {
        var buffer = Buffer();
        buffer.TryAdd(Item(1, "a", PriorityClass.Critical));
        buffer.TryAdd(Item(2, "b", PriorityClass.Cleanup));
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
        buffer.TryAdd(Item(1));

        Assert.Null(Take(buffer));
    }

    [Fact]
    public void An_item_is_not_offered_before_it_is_due()
    {
        var buffer = Buffer();
        buffer.TryAdd(Item(1, dueAt: Start.AddSeconds(5)));

        Assert.Null(Take(buffer));
        Assert.Equal(Start.AddSeconds(5), buffer.NextChange);
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(Start.AddSeconds(5), buffer.NextChange);
        Assert.Equal(1, Take(buffer));
    }

    [Fact]
    public void Idle_hosts_are_forgotten_once_their_wait_is_over()
    {
        var buffer = Buffer(delay: 1_000);
        for (var i = 1; i <= 100; i++)
        {
            buffer.TryAdd(Item(i, $"host-{i}"));
            Assert.True(buffer.TryTake(out var item));
            buffer.Finished(item);
        }

        buffer.HostWaits("never-asked", Start.AddMilliseconds(500));
        Assert.Equal(101, buffer.HostsKnown);
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(0, buffer.HostsKnown);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100_000)]
    public void A_hundred_thousand_items_come_out_each_once(int hosts)
    {
        var buffer = Buffer(capacity: 100_000, concurrency: 100_000);
        for (var i = 0; i < 100_000; i++)
            Assert.True(buffer.TryAdd(Item(i, $"host-{i % hosts}")));

        Assert.Equal(Enumerable.Range(0, 100_000).Select(i => (long)i), TakeAll(buffer));
    }

    /// <summary>The invariant, against a list that is searched from end to end at every step.</summary>
    [Fact]
    public void Offers_what_the_naive_model_offers_whatever_happens()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var time = new FakeTimeProvider(Start);
            var options = new BufferOptions { Capacity = 20, Aging = TimeSpan.FromMilliseconds(random.Next(1, 500)) };
            var limits = new HostLimits(random.Next(1, 4), TimeSpan.FromMilliseconds(random.Next(0, 300)));
            var buffer = new PriorityBuffer(options, limits, time);
            var model = new NaiveBuffer(options, limits, time);
            var inFlight = new List<WorkItem>();

            for (var step = 1; step <= 300; step++)
            {
                var host = $"host-{random.Next(5)}";
                switch (random.Next(7))
                {
                    case 0 or 1:
                        var item = Item(step, host, (PriorityClass)random.Next(5), time.GetUtcNow().AddMilliseconds(random.Next(-200, 200)));
                        Assert.Equal(model.TryAdd(item), buffer.TryAdd(item));
                        break;
                    case 2 or 3:
                        var expected = model.TryTake();
                        Assert.Equal(expected is not null, buffer.TryTake(out var taken));
                        Assert.Same(expected, taken);
                        if (taken is not null)
                            inFlight.Add(taken);
                        break;
                    case 4 when inFlight.Count > 0:
                        var back = inFlight[random.Next(inFlight.Count)];
                        inFlight.Remove(back);
                        if (random.Next(2) == 0)
                        {
                            model.Finished(back);
                            buffer.Finished(back);
                        }
                        else
                        {
                            back.DueAt = time.GetUtcNow().AddMilliseconds(random.Next(200));
                            model.PutBack(back);
                            buffer.PutBack(back);
                        }

                        break;
                    case 5:
                        var until = time.GetUtcNow().AddMilliseconds(random.Next(-10, 400));
                        model.HostWaits(host, until);
                        buffer.HostWaits(host, until);
                        break;
                    default:
                        time.Advance(TimeSpan.FromMilliseconds(random.Next(60)));
                        break;
                }

                Assert.Equal(model.Count, buffer.Count);
                Assert.InRange(buffer.Count, 0, options.Capacity + 20);
                if (model.EarliestOffer() is { } moment)
                    Assert.True(buffer.NextChange <= moment, $"Seed {seed}, step {step}: would sleep past {moment:O}.");
            }
        }
    }

    private PriorityBuffer Buffer(int capacity = 100, int concurrency = 1, int delay = 0, int aging = 60_000) =>
        new(new BufferOptions { Capacity = capacity, Aging = TimeSpan.FromMilliseconds(aging) }, new HostLimits(concurrency, TimeSpan.FromMilliseconds(delay)), _time);

    private static long? Take(PriorityBuffer buffer) => buffer.TryTake(out var item) ? item.Sequence : null;

    private static List<long> TakeAll(PriorityBuffer buffer)
    {
        var taken = new List<long>();
        while (buffer.TryTake(out var item))
            taken.Add(item.Sequence);
        return taken;
    }
}
