using Atlas.Pipeline.Dedup;
using FsCheck.Xunit;

namespace Atlas.Pipeline.Tests.Dedup;

public sealed class BloomFilterTests
{
    [Theory]
    [InlineData(0.05)]
    [InlineData(0.01)]
    [InlineData(0.001)]
    public void It_never_forgets_and_keeps_its_promise(double promised)
    {
        var keys = DedupTestBed.Keys(100_000, seed: 1);
        var filter = new BloomFilter(keys.Length, promised);
        foreach (var key in keys)
            filter.AddAndTest(key);

        Assert.All(keys, key => Assert.True(filter.MayContain(key)));
        var wrong = DedupTestBed.Keys(200_000, seed: 2).Count(filter.MayContain) / 200_000.0;
        Assert.InRange(wrong, promised * 0.3, promised * 1.25);
    }

    [Property(MaxTest = 200)]
    public bool Whatever_was_added_is_there(ulong[] halves, ushort size)
    {
        var filter = new BloomFilter(size + 1, 0.01);
        foreach (var half in halves)
            filter.AddAndTest(new UInt128(half, ~half));
        return halves.All(half => filter.MayContain(new UInt128(half, ~half)) && filter.AddAndTest(new UInt128(half, ~half)));
    }

    [Property(MaxTest = 200)]
    public bool Both_ways_to_make_a_mask_agree(ulong high, ulong low) =>
        BloomFilter.MaskOf(new UInt128(high, low)) == BloomFilter.PortableMaskOf(new UInt128(high, low));
}
