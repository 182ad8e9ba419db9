using Atlas.Pipeline.Fetch;
using Microsoft.Extensions.Time.Testing;

namespace Atlas.Pipeline.Tests.Fetch;

public sealed class HandleReserveTests
{
    private readonly FakeTimeProvider _time = new();
    private (long Limit, long Used)? _handles = (200, 150);

    [Fact]
    public void Connections_leave_a_tenth_of_the_handles_free()
    {
        var reserve = new HandleReserve(() => _handles, _time);

        for (var i = 0; i < 30; i++)
        {
            reserve.Take();
            _handles = (200, 151 + i);
        }

        var error = Assert.Throws<FetchFailedException>(reserve.Take);
        Assert.Equal(Reason.NoHandles, error.Reason);
        Assert.StartsWith("180 of the 200 handles", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_many_handles_no_more_than_64_are_kept()
    {
        _handles = (20_000, 19_935);
        var reserve = new HandleReserve(() => _handles, _time);

        reserve.Take();
        _handles = (20_000, 19_936);

        Assert.Throws<FetchFailedException>(reserve.Take);
    }

    [Fact]
    public void What_is_closed_can_be_taken_again()
    {
        _handles = (200, 190);
        var reserve = new HandleReserve(() => _handles, _time);
        Assert.Throws<FetchFailedException>(reserve.Take);

        _handles = (200, 100);
        _time.Advance(TimeSpan.FromMilliseconds(100));

        reserve.Take();
    }

    [Theory]
    [InlineData(20_000, 64, 30)]
    [InlineData(1_024, 64, 6)]
    [InlineData(200, 400, 1)]
    public void Fewer_handles_make_connections_idle_for_less(long limit, int concurrency, int seconds)
    {
        _handles = (limit, 100);

        Assert.Equal(seconds, (int)new HandleReserve(() => _handles, _time).IdleTimeout(concurrency).TotalSeconds);
    }

    [Theory]
    [InlineData(200, 2)]
    [InlineData(1_000_000, 1)]
    public void Open_handles_are_counted_every_second_and_every_ten_while_very_many_are_free(int limit, int looksInTwoSeconds)
    {
        var looks = 0;
        var reserve = new HandleReserve(
            () =>
            {
                looks++;
                return (limit, 100);
            },
            _time);
        reserve.Take();
        _time.Advance(TimeSpan.FromSeconds(2));
        reserve.Take();
        Assert.Equal(looksInTwoSeconds, looks);

        _time.Advance(TimeSpan.FromSeconds(10));
        reserve.Take();
        Assert.Equal(looksInTwoSeconds + 1, looks);
    }

    [Fact]
    public void This_process_has_open_handles_and_a_limit()
    {
        var (limit, used) = HandleReserve.Look()!.Value;

        Assert.InRange(used, 3, limit);
    }

    [Fact]
    public void Where_nobody_knows_nothing_is_kept()
    {
        _handles = null;
        var reserve = new HandleReserve(() => _handles, _time);

        for (var i = 0; i < 10_000; i++)
            reserve.Take();
    }
}
