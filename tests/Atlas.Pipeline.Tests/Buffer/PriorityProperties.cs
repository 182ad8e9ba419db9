using Atlas.Pipeline.Buffer;
using Atlas.Pipeline.Hosts;
using Atlas.Pipeline.Tests.Ledger;
using FsCheck;
using FsCheck.Xunit;
using Microsoft.Extensions.Time.Testing;
using static Atlas.Pipeline.Tests.Buffer.Items;

namespace Atlas.Pipeline.Tests.Buffer;

/// <summary>The order of the whole way, from the admission by weights to the pick, and how long anything may have to wait.</summary>
public sealed class PriorityProperties
{
    private static readonly TimeSpan Aging = TimeSpan.FromSeconds(10);

    /// <param name="choices">A row each: the pause before it, its class, depth and source are made from the number.</param>
    [Property(MaxTest = 25)]
    public async Task The_backlog_is_handed_out_as_a_list_of_all_of_it_would_be_sorted(DoNotSize<ushort>[] choices, byte ofClass, sbyte ofDepth, sbyte lift)
    {
        var rows = choices.Select(choice => choice.Item).ToArray();
        var weights = new PriorityWeights { Class = ofClass % 4, Depth = ofDepth % 4, Sources = new Dictionary<string, int> { ["lifted"] = lift % 8 } };
        await using var bed = LedgerTestBed.Fresh();
        var expected = new List<(string Url, double Level, DateTimeOffset Since)>();
        for (var i = 0; i < rows.Length; i++)
        {
            bed.Time.Advance(TimeSpan.FromMilliseconds(1 + (rows[i] % 7_919)));
            var (given, depth, source) = ((PriorityClass)(rows[i] % 5), (byte)(rows[i] / 5 % 4), rows[i] / 20 % 2 == 0 ? "lifted" : "other");
            var batch = bed.Batch([$"http://host-{i % 3}/{i}"], given, decided => decided[0].Depth = depth);
            batch.Source = source;
            weights.Apply(batch);
            await bed.Ledger.AdmitAsync(batch);
            var level = Math.Clamp((weights.Class * (double)given) + (weights.Depth * depth) - (source == "lifted" ? lift % 8 : 0), 0, 13);
            expected.Add(($"http://host-{i % 3}/{i}", level, DateTimeOffset.FromUnixTimeMilliseconds(bed.Time.GetUtcNow().ToUnixTimeMilliseconds())));

            // Rows carry the time of their commit.
            await bed.Ledger.FlushAsync();
        }

        var taken = new List<string>();
        while (await bed.Ledger.TakeFromBacklogAsync(1 + (taken.Count % 3), Aging) is { Count: > 0 } items)
            taken.AddRange(items.Select(item => item.Url));

        var now = bed.Time.GetUtcNow();
        Assert.Equal(expected.OrderByDescending(row => Math.Round(((now - row.Since) / Aging) - row.Level, 6)).ThenBy(row => row.Level).Select(row => row.Url), taken);
    }

    /// <summary>The bound on waiting: whatever the weights are and however fast more urgent URLs come in.</summary>
    [Property(MaxTest = 100)]
    public void Nothing_that_came_more_than_fifteen_agings_later_goes_before(DoNotSize<ushort>[] pauses, byte level, bool firstFails)
    {
        const int MostLevelsBetween = PriorityClasses.Count - 1 + 2;
        var time = new FakeTimeProvider(Start);
        var buffer = new PriorityBuffer(new BufferOptions { Aging = Aging }, new HostGate(new HostsOptions { Concurrency = 100, Delay = TimeSpan.Zero, BreakerFailures = 1_000, BreakerCalls = 1_000 }, new Random(1)), time);
        for (var i = 0; i < 5; i++)
        {
            foreach (var (host, isGood) in new[] { ("old", !firstFails), ("new", firstFails) })
            {
                buffer.Add(Item(i, host));
                Assert.True(buffer.TryTake(out var item));
                buffer.Sending(item);
                buffer.Answered(item);
                buffer.Ended(item, isGood ? HostOutcome.Answered : HostOutcome.Failed);
            }
        }

        buffer.Add(Item(100, "old", (PriorityClass)(level % PriorityClasses.Count), admittedAt: Start));
        var late = 0;
        for (var i = 0; i < pauses.Length; i++)
        {
            time.Advance(TimeSpan.FromMilliseconds(pauses[i].Item));
            buffer.Add(Item(101 + i, "new", PriorityClass.Critical, admittedAt: time.GetUtcNow()));
            late += time.GetUtcNow() - Start > Aging * MostLevelsBetween ? 1 : 0;
        }

        var before = new List<WorkItem>();
        while (buffer.TryTake(out var next) && next.Sequence != 100)
            before.Add(next);

        Assert.All(before, item => Assert.True(item.AdmittedAt - Start <= Aging * MostLevelsBetween));
        Assert.True(before.Count <= pauses.Length - late);
    }
}
