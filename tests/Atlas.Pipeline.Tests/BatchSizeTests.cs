using FsCheck;
using FsCheck.Xunit;

namespace Atlas.Pipeline.Tests;

/// <summary>The size of groups on disks that are made up: so long for a commit, and so long for each row.</summary>
public sealed class BatchSizeTests
{
    private const double Full = 1, Busy = 0.3, Empty = 0;

    private static readonly AdmissionOptions Options = new() { MinBatch = 256, MaxBatch = 4_096, CommitTime = TimeSpan.FromMilliseconds(50) };

    [Fact]
    public void It_begins_large_so_that_a_start_is_fast()
    {
        var size = new BatchSize(Options);

        Assert.Equal(4_096, size.Rows);
        Assert.Equal(UrlBatch.MaxRows, size.Lines);
    }

    [Fact]
    public void Slow_commits_make_groups_smaller_until_they_hold_the_goal()
    {
        var size = new BatchSize(Options);

        Commit(size, 400, Full, perRow: 0.05);

        Assert.InRange(0.05 * size.Rows, 0.05 * 256, 50);
        Assert.InRange(size.Look().Lately.TotalMilliseconds, 1, 50);
    }

    [Fact]
    public void A_full_queue_makes_groups_larger_while_commits_are_fast()
    {
        var size = Small();

        Commit(size, 400, Full, perRow: 0.001);

        Assert.Equal(4_096, size.Rows);
        Assert.Equal(UrlBatch.MaxRows, size.Lines);
    }

    [Fact]
    public void Low_load_makes_batches_small()
    {
        var size = new BatchSize(Options);

        Commit(size, 400, Empty, perRow: 0.001, most: 3);

        Assert.Equal(256, size.Rows);
        Assert.Equal(64, size.Lines);
    }

    [Theory]
    [InlineData(0.02)]
    [InlineData(0.012)]
    [InlineData(0.05)]
    [InlineData(0.15)]
    public void It_comes_to_rest_and_does_not_swing(double perRow)
    {
        var size = new BatchSize(Options);
        Commit(size, 2_000, Full, perRow);
        var seen = new HashSet<int>();

        for (var i = 0; i < 2_000; i++)
        {
            Commit(size, 1, Full, perRow);
            seen.Add(size.Rows);
        }

        Assert.Single(seen);
    }

    [Fact]
    public void Between_its_two_marks_it_stays_as_it_is()
    {
        var size = new BatchSize(Options);

        Commit(size, 400, Busy, perRow: 0.009);

        Assert.Equal(4_096, size.Rows);
    }

    /// <summary>On such a disk small groups are as slow as large ones, and carry less.</summary>
    [Fact]
    public void A_disk_that_is_slow_whatever_it_is_given_keeps_large_groups()
    {
        var size = new BatchSize(Options);
        var large = 0;

        for (var i = 0; i < 4_000; i++)
        {
            Commit(size, 1, Full, perRow: 0.0001, perCommit: 80);
            large += size.Rows == 4_096 ? 1 : 0;
        }

        Assert.InRange(large, 3_400, 4_000);
    }

    [Fact]
    public void It_recovers_when_a_slow_disk_is_fast_again()
    {
        var size = new BatchSize(Options);
        Commit(size, 400, Full, perRow: 0.2);
        Assert.InRange(size.Rows, 256, 512);

        Commit(size, 400, Full, perRow: 0.001);

        Assert.Equal(4_096, size.Rows);
    }

    [Fact]
    public void Equal_limits_switch_it_off()
    {
        var size = new BatchSize(Options with { MinBatch = 1_000, MaxBatch = 1_000 });

        Commit(size, 400, Full, perRow: 1);

        Assert.Equal(1_000, size.Rows);
    }

    [Property]
    public bool It_stays_within_its_limits_whatever_it_sees(PositiveInt one, PositiveInt other, (int Rows, ushort Milliseconds, byte Fullness)[] seen)
    {
        var (min, max) = (Math.Min(one.Get, other.Get), Math.Max(one.Get, other.Get));
        var size = new BatchSize(Options with { MinBatch = min, MaxBatch = max });
        return seen.Concat(seen).Concat(seen).All(commit =>
        {
            size.Observe(Math.Abs(commit.Rows % 100_000), TimeSpan.FromMilliseconds(commit.Milliseconds / 100.0), commit.Fullness / 255.0);
            return size.Rows >= min && size.Rows <= max && size.Lines >= 1 && size.Lines <= Math.Min(UrlBatch.MaxRows, max);
        });
    }

    private static BatchSize Small()
    {
        var size = new BatchSize(Options);
        Commit(size, 400, Empty, perRow: 0, most: 1);
        Assert.Equal(256, size.Rows);
        return size;
    }

    /// <summary>Commits of groups that are as large as the size lets them; times in milliseconds.</summary>
    private static void Commit(BatchSize size, int commits, double fullness, double perRow, double perCommit = 1, int most = int.MaxValue)
    {
        for (var i = 0; i < commits; i++)
        {
            var rows = Math.Min(most, size.Rows);
            size.Observe(rows, TimeSpan.FromMilliseconds(perCommit + (perRow * rows)), fullness);
        }
    }
}
