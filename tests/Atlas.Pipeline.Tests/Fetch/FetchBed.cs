using System.Net;
using System.Text;
using Atlas.Pipeline.Fetch;
using Atlas.Urls;

namespace Atlas.Pipeline.Tests.Fetch;

/// <summary>Items, options and stages for the tests of this room.</summary>
internal static class FetchBed
{
    /// <summary>A machine that lacks nothing.</summary>
    public static OwnMachine Machine { get; } = new(TimeProvider.System, _ => true, () => Task.FromResult(true));

    public static FetchOptions Options(params int[] ports) => new()
    {
        Robots = false,
        AllowNetworks = [IPNetwork.Parse("127.0.0.0/8")],
        AllowPorts = ports,

        // Far beyond what a test takes on a machine that is busy with others. A test about a deadline sets its own.
        Timeout = TimeSpan.FromMinutes(2),
        ConnectTimeout = TimeSpan.FromMinutes(2),
        IdleTimeout = TimeSpan.FromMinutes(2),
    };

    public static WorkItem Item(string url) => new() { Sequence = 1, ContentId = 1, Url = url, HostKey = HostKey.Of(Encoding.UTF8.GetBytes(url)), Priority = default };

    public static async Task<Verdict> FetchAsync(FetchOptions options, string url, Seams? seams = null, HttpMessageHandler? handler = null)
    {
        using var stage = new FetchStage(options, seams ?? new Seams(), handler);
        return await stage.ProcessAsync(Item(url), TestContext.Current.CancellationToken);
    }

    public static Task<Verdict> FetchAsync(TinyServer server, string path = "/", Func<FetchOptions, FetchOptions>? with = null)
    {
        var options = Options(server.Port);
        return FetchAsync(with?.Invoke(options) ?? options, server.Url(path));
    }
}
