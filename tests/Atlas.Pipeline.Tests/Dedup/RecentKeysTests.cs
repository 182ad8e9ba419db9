using Atlas.Pipeline.Dedup;

namespace Atlas.Pipeline.Tests.Dedup;

public sealed class RecentKeysTests
{
    [Fact]
    public void It_knows_only_what_was_added()
    {
        var recent = new RecentKeys(4096);
        var keys = DedupTestBed.Keys(100_000, seed: 1);
        foreach (var key in keys)
            recent.Add(key);

        Assert.DoesNotContain(DedupTestBed.Keys(100_000, seed: 2), recent.Contains);
        Assert.Contains(keys[^1], keys.Where(recent.Contains));
        Assert.InRange(keys.Count(recent.Contains), 2048, 4096);
    }

    [Fact]
    public void The_oldest_of_a_set_gives_way_and_adding_again_makes_young()
    {
        var recent = new RecentKeys(8);
        foreach (var key in new UInt128[] { 1, 2, 3, 4, 5, 6, 7, 8, 1, 9 })
            recent.Add(key);

        Assert.True(recent.Contains(1));
        Assert.False(recent.Contains(2));
        Assert.True(recent.Contains(9));
    }

    [Fact]
    public void What_it_knew_when_it_grew_it_knows_in_the_same_order()
    {
        var recent = new RecentKeys(1 << 20);
        var keys = DedupTestBed.Keys(200_000, seed: 3);
        foreach (var key in keys)
            recent.Add(key);

        // A fifth of the places is taken at the end, and a quarter when it grew: next to no set of eight is full.
        Assert.InRange(keys.Count(recent.Contains), keys.Length - 50, keys.Length);
        Assert.DoesNotContain(DedupTestBed.Keys(100_000, seed: 4), recent.Contains);
    }

    [Fact]
    public void Capacity_zero_remembers_nothing()
    {
        var recent = new RecentKeys(0);
        recent.Add(1);
        Assert.False(recent.Contains(1));
    }

    [Fact]
    public void A_key_that_shares_a_half_with_its_neighbours_is_not_taken_for_one()
    {
        var recent = new RecentKeys(4);
        foreach (var key in new[] { new UInt128(1, 2), new UInt128(3, 4), new UInt128(4, 1), new UInt128(2, 3) })
            recent.Add(key);

        for (ulong high = 0; high < 6; high++)
        {
            for (ulong low = 0; low < 6; low++)
                Assert.Equal((high, low) is (1, 2) or (3, 4) or (4, 1) or (2, 3), recent.Contains(new UInt128(high, low)));
        }
    }
}
