using Atlas.Pipeline.Buffer;
using FsCheck.Xunit;

namespace Atlas.Pipeline.Tests.Buffer;

public sealed class NumberedRowsTests
{
    private static readonly TimeSpan Aging = TimeSpan.FromMinutes(1);

    /// <param name="steps">Of each, whether something is taken, and the number, time and level of what is added.</param>
    [Property(MaxTest = 300)]
    public void Come_out_in_the_order_of_a_queue_that_packs_nothing(ushort[] steps)
    {
        var memory = new NumberedRows.Memory();
        var rows = new NumberedRows(memory);
        var plain = new PriorityQueue<PriorityClass, Rank>();
        long sequence = 0, since = Items.Start.UtcTicks;

        // Enough of them that runs are begun, and most in order, as they come from the backlog.
        foreach (var step in steps.SelectMany(step => Enumerable.Range(0, 40).Select(more => step + (more * 7_919))))
        {
            if (step % 5 == 0)
            {
                Assert.Equal(plain.TryDequeue(out var expected, out var expectedRank), rows.TryDequeue(out var priority, out var rank));
                Assert.Equal((expected, expectedRank), (priority, rank));
                continue;
            }

            sequence += 1 + (step % 3 == 0 ? step * 1_000_003L : step % 11);
            since += step % 7 == 0 ? step * TimeSpan.TicksPerMillisecond : 0;
            var early = step % 13 == 0 ? step * 100L : 0;
            var level = (PriorityClass)(step % 3);
            var added = Rank.Of(sequence, level, since - early, Aging);
            plain.Enqueue(level, added);
            rows.Enqueue(level, added);
            Assert.Equal(plain.Count, rows.Count);
        }

        while (plain.TryDequeue(out var expected, out var expectedRank))
        {
            Assert.True(rows.TryPeek(out _, out var first));
            Assert.True(rows.TryDequeue(out var priority, out var rank));
            Assert.Equal((expectedRank, expected, expectedRank), (first, priority, rank));
        }

        Assert.Equal((0, 0L), (rows.Count, memory.Bytes));
    }

    [Fact]
    public void A_million_of_one_host_take_three_bytes_each_at_most()
    {
        var memory = new NumberedRows.Memory();
        var rows = new NumberedRows(memory);
        var before = GC.GetAllocatedBytesForCurrentThread();

        for (var i = 0; i < 1_000_000; i++)
            rows.Enqueue((PriorityClass)(i % PriorityClasses.Count), Rank.Of(i, (PriorityClass)(i % PriorityClasses.Count), Items.Start.UtcTicks + (i / 256 * TimeSpan.TicksPerMillisecond), Aging));

        Assert.InRange(memory.Bytes, 2_000_000, 3_000_000);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 2_000_000, 3_000_000);
    }
}
