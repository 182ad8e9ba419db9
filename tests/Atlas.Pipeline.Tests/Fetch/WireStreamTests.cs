using Atlas.Pipeline.Fetch;
using Microsoft.Extensions.Time.Testing;

namespace Atlas.Pipeline.Tests.Fetch;

public sealed class WireStreamTests
{
    private readonly FakeTimeProvider _time = new();

    [Theory]
    [InlineData(99, 100, true)]
    [InlineData(100, 100, false)]
    [InlineData(1, 0, false)]
    public async Task A_body_must_keep_the_least_rate_after_the_first_window(int bytesASecond, int minRate, bool isTooSlow)
    {
        var trickle = new Trickle();
        await using var wire = new WireStream(trickle, TimeSpan.FromSeconds(10), minRate, _time, CancellationToken.None);

        for (var second = 0; second < 9; second++)
            Assert.Equal(bytesASecond, await ReadAfterASecondAsync(wire, trickle, bytesASecond));

        var last = ReadAfterASecondAsync(wire, trickle, bytesASecond);
        if (isTooSlow)
            Assert.Equal(Reason.TooSlow, (await Assert.ThrowsAsync<FetchFailedException>(() => last)).Reason);
        else
            Assert.Equal(bytesASecond, await last);
    }

    [Fact]
    public async Task What_this_side_takes_between_reads_is_not_held_against_the_host()
    {
        var trickle = new Trickle();
        await using var wire = new WireStream(trickle, TimeSpan.FromSeconds(10), 100, _time, CancellationToken.None);

        for (var second = 0; second < 100; second++)
        {
            Assert.Equal(200, await ReadAfterASecondAsync(wire, trickle, 200));
            _time.Advance(TimeSpan.FromMinutes(1));
        }
    }

    /// <summary>A read that has waited for a second when its bytes come.</summary>
    private Task<int> ReadAfterASecondAsync(WireStream wire, Trickle trickle, int bytes)
    {
        var reading = wire.ReadAsync(new byte[1_000], TestContext.Current.CancellationToken).AsTask();
        _time.Advance(TimeSpan.FromSeconds(1));
        trickle.Bring(bytes);
        return reading;
    }

    /// <summary>Bytes that come when the test says so.</summary>
    private sealed class Trickle : MemoryStream
    {
        private TaskCompletionSource<int> _coming = new();

        public void Bring(int bytes) => _coming.SetResult(bytes);

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _coming = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
            return new ValueTask<int>(_coming.Task);
        }
    }
}
