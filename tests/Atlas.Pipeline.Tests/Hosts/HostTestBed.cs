using Atlas.Pipeline.Hosts;
using Microsoft.Extensions.Time.Testing;

namespace Atlas.Pipeline.Tests.Hosts;

/// <summary>A gate on a fake clock.</summary>
internal sealed class HostTestBed
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    public HostTestBed(HostsOptions? options = null, int seed = 1)
    {
        Gate = new HostGate(options ?? new HostsOptions(), new Random(seed));
        Host = Gate.Hosts.Hold("a.test", Now);
    }

    public HostGate Gate { get; }

    /// <summary>A host that is held.</summary>
    public HostState Host { get; }

    public long Now => _time.GetUtcNow().UtcTicks;

    /// <summary>How long the host is not to be asked; zero for now, null for until something happens.</summary>
    public TimeSpan? Wait => Gate.NextAt(Host) switch
    {
        long.MaxValue => null,
        var next when next <= Now => TimeSpan.Zero,
        var next => TimeSpan.FromTicks(next - Now),
    };

    public void Pass(double seconds) => Pass(TimeSpan.FromSeconds(seconds));

    public void Pass(TimeSpan time) => _time.Advance(time);

    public void Take(bool isRetry = false) => Assert.True(Gate.TryTake(Host, isRetry, Now, out _));

    public void Send() => HostGate.Sent(Host, Now);

    public BreakerChange End(HostOutcome outcome, double? seconds = null, bool wasSent = true) =>
        Gate.Ended(Host, outcome, seconds is { } latency ? TimeSpan.FromSeconds(latency) : null, wasSent, Now);

    /// <summary>One whole request, when its time has come.</summary>
    public BreakerChange Ask(HostOutcome outcome, double? seconds = null)
    {
        Assert.NotNull(Wait);
        Pass(Wait.Value);
        Take();
        Send();
        return End(outcome, seconds);
    }

    public void Fail(int times)
    {
        for (var i = 0; i < times; i++)
            Ask(HostOutcome.Failed);
    }
}
