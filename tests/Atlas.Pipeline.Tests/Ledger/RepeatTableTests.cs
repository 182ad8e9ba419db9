using System.Runtime.CompilerServices;
using Atlas.Pipeline.Ledger;
using Atlas.Pipeline.Tests.Dedup;
using FsCheck.Xunit;

namespace Atlas.Pipeline.Tests.Ledger;

public sealed class RepeatTableTests
{
    [Property]
    public void What_is_taken_out_is_what_was_counted(byte[] lines)
    {
        var table = new RepeatTable();
        var keys = DedupTestBed.Keys(256, seed: 1);
        for (var round = 0; round < 2; round++)
        {
            foreach (var line in lines)
                Assert.True(Count(table, keys[line]));
            Assert.Equal(lines.Distinct().Count(), table.Count);

            var taken = new List<Repeats>();
            while (table.TryTake(out var repeats))
                taken.Add(repeats);

            Assert.Equal(lines.GroupBy(line => keys[line]).ToDictionary(group => group.Key, group => group.Count()), taken.ToDictionary(line => line.Id, line => line.Count));
            Assert.Equal(0, table.Count);
        }
    }

    [Fact]
    public void Two_lines_of_a_hundred_are_turned_away_when_it_is_half_full_and_what_is_in_it_is_counted_on()
    {
        var table = new RepeatTable();
        var keys = DedupTestBed.Keys(RepeatTable.Places / 2, seed: 1);
        var held = keys.Where(key => Count(table, key)).ToList();

        Assert.InRange(held.Count, keys.Length * 97 / 100, keys.Length);
        Assert.Equal(held.Count, table.Count);
        Assert.All(held, key => Assert.True(Count(table, key)));
        while (table.TryTake(out var repeats))
            Assert.Equal(2, repeats.Count);
    }

    [Fact]
    public void A_line_whose_set_is_full_is_not_counted()
    {
        var table = new RepeatTable();

        // The same lower half: the same set.
        for (ulong upper = 1; upper <= 8; upper++)
            Assert.True(Count(table, new UInt128(upper, 5)));

        Assert.False(Count(table, new UInt128(9, 5)));
        Assert.True(Count(table, new UInt128(9, 6)));
        Assert.Equal(9, table.Count);
    }

    private static bool Count(RepeatTable table, UInt128 key)
    {
        ref var repeats = ref table.Find(key, out var isNew);
        if (Unsafe.IsNullRef(ref repeats))
            return false;
        repeats = isNew ? new Repeats(key, 1, 0) : repeats with { Count = repeats.Count + 1 };
        return true;
    }
}
