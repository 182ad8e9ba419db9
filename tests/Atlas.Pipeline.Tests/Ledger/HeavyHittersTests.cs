using System.Text;
using Atlas.Pipeline.Ledger;
using FsCheck.Xunit;

namespace Atlas.Pipeline.Tests.Ledger;

public sealed class HeavyHittersTests
{
    [Property(MaxTest = 500)]
    public void A_count_is_never_too_low_and_too_high_by_its_error_at_most(byte[] names, byte seed)
    {
        var sketch = new HeavyHitters(8);
        var plain = Feed(sketch, names, seed);

        AssertBound(sketch, plain, capacity: 8);
    }

    [Property(MaxTest = 200)]
    public void Two_that_are_merged_keep_the_bound(byte[] one, byte[] other)
    {
        var (left, right) = (new HeavyHitters(8), new HeavyHitters(8));
        var plain = Feed(left, one, seed: 1);
        foreach (var (name, count) in Feed(right, other, seed: 2))
            plain[name] = plain.GetValueOrDefault(name) + count;

        AssertBound(HeavyHitters.Merge(left, right, 8), plain, capacity: 8);
    }

    [Fact]
    public void What_is_frequent_is_found_among_many_that_are_not()
    {
        var sketch = new HeavyHitters(64);
        var random = new Random(5);
        for (var i = 0; i < 100_000; i++)
        {
            sketch.Add(Encoding.UTF8.GetBytes($"rare{random.Next(20_000)}.example"), 1);
            if (i % 10 == 0)
                sketch.Add("frequent.example"u8, 1);
        }

        var worst = Assert.Single(sketch.Top(1));
        Assert.Equal("frequent.example", worst.Name);
        Assert.InRange(worst.Count, 10_000, 10_000 + worst.Error);
    }

    [Fact]
    public void Names_that_fit_are_counted_exactly_the_most_frequent_first()
    {
        var sketch = new HeavyHitters(4);
        foreach (var name in new[] { "b", "a", "c", "a", "", "c", "a" })
            sketch.Add(Encoding.UTF8.GetBytes(name), 2);

        Assert.Equal([new("a", 6, 0), new("c", 4, 0), new("", 2, 0), new("b", 2, 0)], sketch.Top(9));
        Assert.Equal(14, sketch.Total);
    }

    [Fact]
    public void Of_a_name_that_is_too_long_the_start_counts()
    {
        var sketch = new HeavyHitters(2);

        sketch.Add(Encoding.UTF8.GetBytes(new string('x', 300) + "1"), 1);
        sketch.Add(Encoding.UTF8.GetBytes(new string('x', 300) + "2"), 1);

        Assert.Equal([new HeavyHitter(new string('x', HeavyHitters.LongestName), 2, 0)], sketch.Top(2));
    }

    /// <summary>Many more names than fit, some of them often.</summary>
    private static Dictionary<string, long> Feed(HeavyHitters sketch, byte[] names, byte seed)
    {
        var plain = new Dictionary<string, long>();
        for (var round = 0; round < 5; round++)
        {
            foreach (var each in names)
            {
                var name = $"{(each % 3 == 0 ? each : each % 7)}.{seed % (round + 1)}";
                var weight = 1 + each % 4;
                plain[name] = plain.GetValueOrDefault(name) + weight;
                sketch.Add(Encoding.UTF8.GetBytes(name), weight);
            }
        }

        return plain;
    }

    private static void AssertBound(HeavyHitters sketch, Dictionary<string, long> plain, int capacity)
    {
        var held = sketch.Top(capacity);

        Assert.Equal(plain.Values.Sum(), sketch.Total);
        Assert.True(sketch.MostMissed <= sketch.Total / capacity);
        foreach (var hit in held)
        {
            var count = plain.GetValueOrDefault(hit.Name);
            Assert.InRange(count, hit.Count - hit.Error, hit.Count);
            Assert.True(hit.Error <= sketch.Total / capacity);
        }

        var names = held.Select(hit => hit.Name).ToHashSet();
        Assert.All(plain.Where(name => !names.Contains(name.Key)), missed => Assert.True(missed.Value <= sketch.MostMissed));
    }
}
