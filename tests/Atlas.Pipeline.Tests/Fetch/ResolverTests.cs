using System.Net;
using System.Net.Sockets;
using Atlas.Pipeline.Fetch;
using Microsoft.Extensions.Time.Testing;

namespace Atlas.Pipeline.Tests.Fetch;

public sealed class ResolverTests
{
    private static readonly IPAddress[] Found = [IPAddress.Loopback];

    private readonly FakeTimeProvider _time = new();
    private readonly TaskCompletionSource<IPAddress[]> _never = new();
    private int _asked;

    [Fact]
    public async Task Names_nobody_answers_for_hold_up_the_others_for_a_second_at_most()
    {
        using var resolver = new Resolver((host, _) => Answer(host), FetchBed.Machine, _time);
        var slow = Enumerable.Range(0, Resolver.AtOnce).Select(i => resolver.ResolveAsync($"slow{i}", CancellationToken.None)).ToList();

        var next = resolver.ResolveAsync("quick", TestContext.Current.CancellationToken);
        Assert.False(next.IsCompleted);
        _time.Advance(Resolver.SlowAfter);

        Assert.Equal(Found, await next);
        Assert.DoesNotContain(slow, task => task.IsCompleted);
    }

    [Fact]
    public async Task No_more_are_asked_at_once_than_there_are_places()
    {
        const int All = 300;
        using var resolver = new Resolver((host, _) => Answer(host), FetchBed.Machine, _time);
        var asking = Enumerable.Range(0, All).Select(i => resolver.ResolveAsync($"slow{i}", CancellationToken.None)).ToList();

        Assert.Equal(Resolver.AtOnce, Volatile.Read(ref _asked));
        for (var i = 1; i <= 10; i++)
        {
            _time.Advance(Resolver.SlowAfter);
            await SettledAsync(Math.Min(Resolver.AtOnce * (i + 1), Resolver.AtOnce + Resolver.SlowAtOnce));
        }

        _never.SetResult(Found);
        await Task.WhenAll(asking);
        Assert.Equal(All, _asked);
    }

    [Fact]
    public async Task A_caller_does_not_wait_longer_than_it_likes_though_the_system_cannot_be_interrupted()
    {
        using var cancel = new CancellationTokenSource();
        using var resolver = new Resolver((host, _) => Answer(host), FetchBed.Machine, _time);
        var asking = resolver.ResolveAsync("slow", cancel.Token);

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
    }

    [Theory]
    [InlineData(SocketError.HostNotFound, "dns_not_found", nameof(Fate.DeadLetter))]
    [InlineData(SocketError.NoData, "dns_not_found", nameof(Fate.DeadLetter))]
    [InlineData(SocketError.TryAgain, "dns_failed", nameof(Fate.Retry))]
    [InlineData(SocketError.NoRecovery, "dns_failed", nameof(Fate.Retry))]
    public async Task A_name_that_does_not_exist_is_given_up_and_one_that_cannot_be_looked_up_is_not(SocketError error, string reason, string fate)
    {
        using var resolver = new Resolver((_, _) => throw new SocketException((int)error), FetchBed.Machine, _time);

        var failure = await Assert.ThrowsAsync<FetchFailedException>(() => resolver.ResolveAsync("nowhere.example", TestContext.Current.CancellationToken));

        Assert.Equal((reason, fate), (failure.Reason.Name, Verdict.Failed(FetchBed.Item("http://nowhere.example/"), failure.Reason, "").Fate.ToString()));
        Assert.Contains("nowhere.example", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_without_any_address_or_too_long_for_the_DNS_is_not_found()
    {
        using var none = new Resolver((_, _) => Task.FromResult<IPAddress[]>([]), FetchBed.Machine, _time);
        using var system = new Resolver(Resolver.AskSystemAsync, FetchBed.Machine, _time);

        Assert.Equal(Reason.DnsNotFound, (await Assert.ThrowsAsync<FetchFailedException>(() => none.ResolveAsync("empty.example", CancellationToken.None))).Reason);
        Assert.Equal(Reason.DnsNotFound, (await Assert.ThrowsAsync<FetchFailedException>(() => system.ResolveAsync(new string('a', 300), CancellationToken.None))).Reason);
    }

    [Fact]
    public async Task The_system_knows_localhost()
    {
        using var system = new Resolver(Resolver.AskSystemAsync, FetchBed.Machine, TimeProvider.System);

        Assert.All(await system.ResolveAsync("localhost", TestContext.Current.CancellationToken), address => Assert.True(IPAddress.IsLoopback(address)));
    }

    private Task<IPAddress[]> Answer(string host)
    {
        Interlocked.Increment(ref _asked);
        return host.StartsWith("slow", StringComparison.Ordinal) ? _never.Task : Task.FromResult(Found);
    }

    /// <summary>Places change hands on other threads: waits for the number, and sees that it is not passed.</summary>
    private async Task SettledAsync(int expected)
    {
        while (Volatile.Read(ref _asked) < expected)
            await Task.Yield();
        Assert.Equal(expected, Volatile.Read(ref _asked));
    }
}
