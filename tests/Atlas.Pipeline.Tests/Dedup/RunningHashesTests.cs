using System.IO.Hashing;
using Atlas.Pipeline.Dedup;

namespace Atlas.Pipeline.Tests.Dedup;

public sealed class RunningHashesTests
{
    [Fact]
    public void However_it_is_cut_each_stretch_has_the_hash_of_its_bytes()
    {
        var bytes = new byte[RunningHashes.StretchBytes + 100_000];
        new Random(1).NextBytes(bytes);
        var hashes = new RunningHashes("log.0");
        for (int start = 0, cut = 1; start < bytes.Length; start += cut, cut = (cut * 7 % 3_000_017) + 1)
            hashes.Append(bytes.AsSpan(start, Math.Min(cut, bytes.Length - start)));

        var whole = (int)RunningHashes.StretchBytes;
        Assert.Equal(
            [
                new SealedStretch("log.0", 0, whole, RunningHashes.TextOf(XxHash128.HashToUInt128(bytes.AsSpan(0, whole)))),
                new SealedStretch("log.0", whole, 100_000, RunningHashes.TextOf(XxHash128.HashToUInt128(bytes.AsSpan(whole)))),
            ],
            hashes.Sealed());
        Assert.Equal(hashes.Sealed(), hashes.Sealed());
    }

    [Fact]
    public void An_empty_file_is_a_stretch_and_a_file_of_whole_stretches_has_no_more()
    {
        Assert.Equal(0, Assert.Single(new RunningHashes("empty").Sealed()).Length);
        var hashes = new RunningHashes("full");
        hashes.Append(new byte[RunningHashes.StretchBytes]);
        Assert.Equal(RunningHashes.StretchBytes, Assert.Single(hashes.Sealed()).Length);
    }

    [Fact]
    public void It_goes_on_behind_whole_stretches_that_were_hashed_before()
    {
        SealedStretch[] before = [new("log.0", 0, RunningHashes.StretchBytes, "as it was")];
        var hashes = new RunningHashes(address => ("log.7", address));
        hashes.GoOnFrom(before);
        Assert.Equal(RunningHashes.StretchBytes, hashes.End);
        hashes.Append([1, 2, 3]);
        Assert.Equal([before[0], new SealedStretch("log.7", RunningHashes.StretchBytes, 3, RunningHashes.TextOf(XxHash128.HashToUInt128([1, 2, 3])))], hashes.Sealed());
    }
}
