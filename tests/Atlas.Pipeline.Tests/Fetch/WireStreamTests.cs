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
        await using var wire = new WireStream(new Trickle(_time, bytesASecond), TimeSpan.FromSeconds(10), minRate, _time, CancellationToken.None);

        for (var second = 0; second < 9; second++)
            Assert.Equal(bytesASecond, await wire.ReadAsync(new byte[1_000], TestContext.Current.CancellationToken));

        var last = wire.ReadAsync(new byte[1_000], TestContext.Current.CancellationToken).AsTask();
        if (isTooSlow)
            Assert.Equal(Reason.TooSlow, (await Assert.ThrowsAsync<FetchFailedException>(() => last)).Reason);
        else
            Assert.Equal(bytesASecond, await last);
    }

    [Fact]
    public async Task What_this_side_takes_between_reads_is_not_held_against_the_host()
    {
        await using var wire = new WireStream(new Trickle(_time, 200), TimeSpan.FromSeconds(10), 100, _time, CancellationToken.None);

        for (var second = 0; second < 100; second++)
        {
            Assert.Equal(200, await wire.ReadAsync(new byte[1_000], TestContext.Current.CancellationToken));
            _time.Advance(TimeSpan.FromMinutes(1));
        }
    }

    /// <summary>So many bytes after each second of waiting.</summary>
    private sealed class Trickle(FakeTimeProvider time, int bytes) : MemoryStream
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Yield();
            time.Advance(TimeSpan.FromSeconds(1));
            return bytes;
        }
    }
}
