using System.Net;
using System.Net.Sockets;
using Atlas.Pipeline.Fetch;
using Microsoft.Extensions.Time.Testing;

namespace Atlas.Pipeline.Tests.Fetch;

public sealed class DiallerTests
{
    private static readonly IPAddress Six1 = IPAddress.Parse("2600::1"), Six2 = IPAddress.Parse("2600::2"), Four1 = IPAddress.Parse("8.8.8.1"), Four2 = IPAddress.Parse("8.8.8.2");

    private readonly FakeTimeProvider _time = new();
    private readonly Dictionary<IPAddress, TaskCompletionSource<Stream>> _dialled = [];
    private readonly List<IPAddress> _cancelled = [];

    [Fact]
    public void Families_take_turns_and_begin_with_that_of_the_best_address()
    {
        Assert.Equal([Six1, Four1, Six2, Four2], Dialler.Interleaved([Six1, Six2, Four1, Four2]));
        Assert.Equal([Four1, Six1, Four2], Dialler.Interleaved([Four1, Four2, Four2, Six1]));
        Assert.Equal(Dialler.MostAddresses, Dialler.Interleaved([.. Enumerable.Range(0, 1000).Select(i => new IPAddress(0x08080800 + i))]).Count);
    }

    [Fact]
    public async Task The_next_address_is_tried_after_a_quarter_of_a_second_and_the_first_to_answer_wins()
    {
        var connecting = Connect(Six1, Four1);
        Assert.Equal([Six1], _dialled.Keys);

        _time.Advance(Dialler.Stagger - TimeSpan.FromMilliseconds(1));
        Assert.Equal([Six1], _dialled.Keys);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await DialledAsync(2);

        using var won = new MemoryStream();
        _dialled[Four1].SetResult(won);

        Assert.Same(won, await connecting);
        Assert.Contains(Six1, _cancelled);
    }

    [Fact]
    public async Task The_one_that_comes_second_is_closed()
    {
        var connecting = Connect(Six1, Four1);
        _time.Advance(Dialler.Stagger);
        await DialledAsync(2);
        using var won = new MemoryStream();
        _dialled[Four1].SetResult(won);
        await connecting;

        var lost = new MemoryStream();
        _dialled[Six1].SetResult(lost);

        while (lost.CanRead)
            await Task.Yield();
        Assert.True(won.CanRead);
    }

    [Fact]
    public async Task A_refusal_is_not_waited_for()
    {
        var connecting = Connect(Six1, Four1);

        _dialled[Six1].SetException(new SocketException((int)SocketError.ConnectionRefused));
        await DialledAsync(2);
        using var won = new MemoryStream();
        _dialled[Four1].SetResult(won);

        Assert.Same(won, await connecting);
    }

    [Fact]
    public async Task When_none_answers_each_is_named_and_the_failure_that_says_most_is_counted()
    {
        var connecting = Connect(Six1, Four1);
        _dialled[Six1].SetException(new SocketException((int)SocketError.NetworkUnreachable));
        await DialledAsync(2);
        _dialled[Four1].SetException(new SocketException((int)SocketError.TimedOut));

        var error = await Assert.ThrowsAsync<FetchFailedException>(() => connecting);

        Assert.Equal(Reason.Timeout, error.Reason);
        Assert.Contains("[2600::1]:80: ", error.Message, StringComparison.Ordinal);
        Assert.Contains("8.8.8.1:80: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_deadline_ends_all_attempts()
    {
        using var deadline = new CancellationTokenSource();
        var connecting = Connect(deadline.Token, Six1, Four1);
        _time.Advance(Dialler.Stagger);
        await DialledAsync(2);

        await deadline.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting);
        Assert.Equal([Four1, Six1], _cancelled.OrderBy(address => address.AddressFamily));
    }

    [Fact]
    public async Task A_host_of_which_one_address_is_dead_is_reached_by_the_other()
    {
        await using var server = new TinyServer(_ => TinyServer.Ok("alive"));
        var options = FetchBed.Options(server.Port) with { AllowNetworks = [IPNetwork.Parse("127.0.0.0/8"), IPNetwork.Parse("::1/128")] };
        using var stage = new FetchStage(options, new Seams(), resolve: (_, _) => Task.FromResult<IPAddress[]>([IPAddress.IPv6Loopback, IPAddress.Parse("127.0.0.9"), IPAddress.Loopback]));

        var verdict = await stage.ProcessAsync(FetchBed.Item($"http://three.example:{server.Port}/"), TestContext.Current.CancellationToken);

        Assert.Equal(Fate.Forward, verdict.Fate);
        verdict.Item.Document!.Dispose();
    }

    private Task<Stream> Connect(params IPAddress[] addresses) => Connect(TestContext.Current.CancellationToken, addresses);

    private Task<Stream> Connect(CancellationToken cancel, params IPAddress[] addresses) => new Dialler(FetchBed.Machine, _time, DialAsync).ConnectAsync(addresses, 80, cancel);

    private Task<Stream> DialAsync(IPEndPoint target, CancellationToken cancel)
    {
        var dialled = new TaskCompletionSource<Stream>();
        cancel.Register(() =>
        {
            lock (_cancelled)
                _cancelled.Add(target.Address);
        });
        lock (_dialled)
            _dialled.Add(target.Address, dialled);
        return dialled.Task.WaitAsync(cancel).ContinueWith(task => task.IsCanceled ? dialled.Task : task, TaskScheduler.Default).Unwrap();
    }

    private async Task DialledAsync(int count)
    {
        while (true)
        {
            lock (_dialled)
            {
                if (_dialled.Count == count)
                    return;
            }

            await Task.Yield();
        }
    }
}
