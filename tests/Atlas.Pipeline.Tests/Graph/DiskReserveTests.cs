using Atlas.Pipeline.Graph;
using Microsoft.Extensions.Time.Testing;

namespace Atlas.Pipeline.Tests.Graph;

public sealed class DiskReserveTests : IDisposable
{
    private const long Kept = 800;

    private readonly FakeTimeProvider _time = new();
    private readonly ScarceDisk _disk = new() { Free = 10_000 };
    private readonly SaidLines _said = new();

    public void Dispose() => _said.Dispose();

    [Fact]
    public void What_is_new_passes_while_there_is_room()
    {
        using var reserve = Open();

        Assert.True(PassesAtOnce(reserve, 100));
        Assert.False(reserve.IsPaused);
        Assert.Empty(_said.Lines);
    }

    [Fact]
    public async Task Below_the_reserve_what_is_new_waits_and_goes_on_by_itself_when_there_is_room_again()
    {
        using var reserve = Open();

        _disk.Free = Kept;
        _time.Advance(TimeSpan.FromSeconds(1));
        var waiting = reserve.PassAsync(1, TestContext.Current.CancellationToken).AsTask();
        Assert.True(reserve.IsPaused);
        Assert.False(waiting.IsCompleted);

        _disk.Free = 900;
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(await waiting);
        Assert.False(reserve.IsPaused);
    }

    [Fact]
    public void It_says_so_once_for_each_change()
    {
        using var reserve = Open();

        _disk.Free = 0;
        _time.Advance(TimeSpan.FromSeconds(60));
        _disk.Free = 10_000;
        _time.Advance(TimeSpan.FromSeconds(60));

        Assert.Equal(2, _said.Lines.Count);
        Assert.Contains("disk_reserve_bytes", _said.Lines[0], StringComparison.Ordinal);
        Assert.Contains("room again", _said.Lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public void It_does_not_go_on_at_the_very_edge_where_it_would_stop_again_at_once()
    {
        using var reserve = Open();

        _disk.Free = Kept;
        _time.Advance(TimeSpan.FromSeconds(1));
        _disk.Free = Kept + 1;
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.True(reserve.IsPaused);
    }

    [Fact]
    public void A_fast_run_is_stopped_between_two_looks_after_one_message_too_many_at_most()
    {
        using var reserve = Open();
        const long Message = 30;

        // The clock stands still: nothing but what has passed says that the disk fills up.
        while (_disk.Free > 0 && PassesAtOnce(reserve, Message))
            _disk.Free -= Message;

        Assert.InRange(_disk.Free, Kept - Message, Kept);
    }

    [Fact]
    public void It_does_not_look_for_every_message()
    {
        using var reserve = Open();

        for (var i = 0; i < 90; i++)
            Assert.True(PassesAtOnce(reserve, 100));

        Assert.Equal(1, _disk.Looks);
    }

    [Fact]
    public async Task A_drain_ends_the_waiting()
    {
        _disk.Free = 0;
        using var reserve = Open();
        using var drain = new CancellationTokenSource();

        var waiting = reserve.PassAsync(1, drain.Token).AsTask();
        await drain.CancelAsync();

        Assert.False(await waiting);
    }

    [Fact]
    public void Nothing_waits_when_nothing_is_to_be_kept()
    {
        _disk.Free = 0;
        using var reserve = Open(bytes: 0);

        Assert.True(PassesAtOnce(reserve, 100));
        Assert.True(reserve.HasRoomFor(100));
        Assert.Empty(_said.Lines);
    }

    [Theory]
    [InlineData(1L << 40, 512L << 20)]
    [InlineData(1L << 30, (1L << 30) / 20)]
    public void By_default_half_a_gibibyte_is_kept_and_less_on_a_small_disk(long total, long kept)
    {
        var disk = new ScarceDisk { Total = total };
        using var reserve = new DiskReserve("state", null, new Seams { Disk = disk, Time = _time });

        Assert.Equal(kept, reserve.Bytes);
    }

    [Fact]
    public void There_is_room_for_what_does_not_touch_the_reserve()
    {
        using var reserve = Open();

        Assert.True(reserve.HasRoomFor(9_200));
        Assert.False(reserve.HasRoomFor(9_201));
    }

    [Fact]
    public async Task A_state_directory_that_is_gone_is_a_failure_and_named()
    {
        var file = Path.GetTempFileName();
        using var reserve = Open();
        reserve.Guard(file);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(reserve.Failure.IsCompleted);

        File.Delete(file);
        _time.Advance(TimeSpan.FromSeconds(1));

        var failure = await Assert.ThrowsAsync<IOException>(() => reserve.Failure);
        Assert.Contains(file, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_failed_because_the_state_directory_is_gone_is_told_as_that_before_the_next_look()
    {
        var file = Path.GetTempFileName();
        using var reserve = Open();
        reserve.Guard(file);
        var missing = Assert.Throws<DirectoryNotFoundException>(() => new Disk().SyncDirectory(file + ".away"));
        var failure = new StageFailedException("persist", missing);
        Assert.Same(failure, reserve.Explain(failure));

        File.Delete(file);

        Assert.Contains("was taken away", reserve.Explain(failure).Message, StringComparison.Ordinal);
        var other = new StageFailedException("persist", new IOException("Input/output error"));
        Assert.Same(other, reserve.Explain(other));
    }

    [Fact]
    public async Task A_disk_that_does_not_answer_fails_those_who_wait()
    {
        _disk.Free = 0;
        using var reserve = Open();
        var waiting = reserve.PassAsync(1, TestContext.Current.CancellationToken).AsTask();

        _disk.IsGone = true;
        _time.Advance(TimeSpan.FromSeconds(1));

        await Assert.ThrowsAsync<IOException>(() => waiting);
        await Assert.ThrowsAsync<IOException>(() => reserve.Failure);
    }

    /// <summary>While nothing waited, everything went on passing.</summary>
    [Fact]
    public async Task A_disk_that_does_not_answer_lets_nothing_pass_that_would_need_a_look()
    {
        using var reserve = Open();
        _disk.IsGone = true;
        _time.Advance(TimeSpan.FromSeconds(1));

        // The one that crosses the line passes.
        Assert.True(PassesAtOnce(reserve, 10_000));
        await Assert.ThrowsAsync<IOException>(() => reserve.PassAsync(1, TestContext.Current.CancellationToken).AsTask());
    }

    private DiskReserve Open(long bytes = Kept) => new("state", bytes, new Seams { Disk = _disk, Time = _time, Logs = _said });

    private static bool PassesAtOnce(DiskReserve reserve, long bytes)
    {
        var passing = reserve.PassAsync(bytes, TestContext.Current.CancellationToken).AsTask();
        return passing.IsCompleted;
    }
}
