using Atlas.Pipeline.Persist;
using Microsoft.Extensions.Time.Testing;

namespace Atlas.Pipeline.Tests.Persist;

/// <summary>When segments are packed, and what becomes of it where they cannot be.</summary>
public sealed class SegmentPackerTests : IAsyncDisposable
{
    private const int Block = PackFormat.BlockBytes;

    private readonly FakeTimeProvider _time = new();
    private readonly PackedBodies _bodies = new();
    private readonly FakeLedger _ledger;
    private readonly SaidLines _logs = new();

    public SegmentPackerTests() => _ledger = new FakeLedger(_bodies.Disk.Events);

    public ValueTask DisposeAsync() => _ledger.DisposeAsync();

    [Fact]
    public async Task Full_segments_are_packed_and_the_one_that_is_written_on_is_not()
    {
        await WriteAsync(3);

        await using (Packer())
            await UntilAsync(() => !Exists(1) && !Exists(2));

        Assert.Equal(["bodies/00000001.pack", "bodies/00000002.pack", "bodies/00000003.seg"], _bodies.Disk.List("bodies", "*"));
        _bodies.AssertAllAreThere();
    }

    [Fact]
    public async Task A_segment_that_becomes_full_later_is_packed_within_a_second()
    {
        await WriteAsync(1);
        await using var packer = Packer();
        await WriteAsync(2);

        await UntilAsync(() => !Exists(1));

        Assert.True(Exists(2));
    }

    [Fact]
    public async Task At_the_end_what_is_full_is_packed_though_the_machine_is_busy()
    {
        await WriteAsync(4);

        await EndAsync(Packer(new PackingLimits { MustWait = () => true }));

        Assert.Equal([false, false, false, true], Enumerable.Range(1, 4).Select(Exists));
    }

    [Fact]
    public async Task A_run_of_no_time_is_not_made_longer()
    {
        await WriteAsync(3);

        await Packer(new PackingLimits { MustWait = () => true }).DisposeAsync();

        Assert.Equal([true, true, true], Enumerable.Range(1, 3).Select(Exists));
    }

    [Fact]
    public async Task A_run_that_was_told_to_end_does_not_wait_for_packing_and_the_next_one_does_it()
    {
        await WriteAsync(3);
        await Packer(new PackingLimits { Leaving = new CancellationToken(canceled: true) }).DisposeAsync();
        Assert.Equal([true, true, true], Enumerable.Range(1, 3).Select(Exists));
        _bodies.Disk.Replace(SegmentPack.FreshPathOf("bodies", 1), [1, 2, 3]);

        await EndAsync(Packer());

        Assert.Equal(["bodies/00000001.pack", "bodies/00000002.pack", "bodies/00000003.seg"], _bodies.Disk.List("bodies", "*"));
        _bodies.AssertAllAreThere();
    }

    /// <summary>A kill between the two last steps leaves both. What lies in the pack does not count then.</summary>
    [Fact]
    public async Task A_segment_that_is_there_beside_a_pack_is_packed_again()
    {
        await WriteAsync(2);
        _bodies.Disk.Replace(SegmentPack.PathOf("bodies", 1), [1, 2, 3]);

        await EndAsync(Packer());

        Assert.False(Exists(1));
        _bodies.AssertAllAreThere();
    }

    [Fact]
    public async Task A_busy_machine_is_left_alone_until_it_is_not_busy()
    {
        await WriteAsync(2);
        var (busy, asked) = (true, 0);
        await using var packer = Packer(new PackingLimits { MustWait = () => Interlocked.Increment(ref asked) > 0 && Volatile.Read(ref busy) });
        await UntilAsync(() => Volatile.Read(ref asked) > 3);
        Assert.True(Exists(1));

        Volatile.Write(ref busy, false);

        await UntilAsync(() => !Exists(1));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_full_disk_leaves_the_segment_as_it_was_says_so_once_and_it_is_tried_again(bool isReserved)
    {
        await WriteAsync(2);
        var hasRoom = !isReserved;
        _bodies.Disk.Free = isReserved ? long.MaxValue : Block;
        await using var packer = Packer(new PackingLimits { HasRoom = _ => Volatile.Read(ref hasRoom) });
        await UntilAsync(() => packer.Counts.Failures >= 3, SegmentPacker.RetryAfter);
        Assert.Equal((true, 1), (Exists(1), _logs.Warnings.Count));
        Assert.Contains("There is no room for", _logs.Warnings[0], StringComparison.Ordinal);

        _bodies.Disk.Free = long.MaxValue;
        Volatile.Write(ref hasRoom, true);

        await UntilAsync(() => !Exists(1), SegmentPacker.RetryAfter);
        Assert.Single(_logs.Warnings);
        _bodies.AssertAllAreThere();
    }

    /// <summary>The n-th change fails, once: nothing is lost and a minute later all is packed.</summary>
    [Fact]
    public async Task Whatever_fails_once_is_tried_again_and_costs_no_body()
    {
        for (var change = 0; change < 9; change++)
        {
            await using var one = new SegmentPackerTests();
            await one.WriteAsync(3);
            one._bodies.Disk.ChangesToLive = change;
            await using var packer = one.Packer();
            await one.UntilAsync(() => one._bodies.Disk.IsDead);
            await one.UntilAsync(() => one._logs.Warnings.Count > 0);
            one._bodies.Disk.Revive();
            one._bodies.AssertAllAreThere();

            await one.UntilAsync(() => !one.Exists(1) && !one.Exists(2), SegmentPacker.RetryAfter);

            one._bodies.AssertAllAreThere();
            Assert.Equal(["bodies/00000001.pack", "bodies/00000002.pack", "bodies/00000003.seg"], one._bodies.Disk.List("bodies", "*").Where(path => !path.EndsWith(".new", StringComparison.Ordinal)));
        }
    }

    private bool Exists(int segment) => _bodies.Disk.Exists(SegmentStore.PathOf("bodies", segment));

    private SegmentPacker Packer(PackingLimits? limits = null) =>
        new("bodies", _ledger, limits ?? new PackingLimits(), new Seams { Time = _time, Disk = _bodies.Disk, Logs = _logs });

    /// <summary>Has bodies lie in so many segments, the last one recorded too.</summary>
    private async Task WriteAsync(int segments)
    {
        while (_bodies.Tail.Segment < segments)
            _bodies.Write([PackedBodies.Body(_bodies.Tail.Segment + 2, Block + 100)], segmentBytes: 1_000);
        await _ledger.CompleteAsync([], _bodies.Tail);
    }

    /// <summary>Ends a run that took minutes.</summary>
    private async Task EndAsync(SegmentPacker packer)
    {
        _time.Advance(TimeSpan.FromMinutes(5));
        await packer.DisposeAsync();
    }

    /// <summary>Lets time pass in steps until something has happened.</summary>
    private async Task UntilAsync(Func<bool> happened, TimeSpan? step = null)
    {
        while (!happened())
        {
            _time.Advance(step ?? TimeSpan.FromSeconds(1));
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }
    }
}
