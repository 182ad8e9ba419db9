using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Atlas.ScriptedWeb;

/// <summary>Web sites on every loopback address, 127.0.0.0/8, at one port. What a page does is written in its URL; see <see cref="Script"/>.</summary>
/// <remarks>It listens on all addresses, because no other way answers 16 million hosts, and aborts every connection that did not come to a loopback one.</remarks>
public sealed class ScriptedSite : IAsyncDisposable
{
    private readonly WebApplication _web;

    private ScriptedSite(WebApplication web, RequestCounts requests)
    {
        _web = web;
        Requests = requests;
        var address = web.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First();
        Port = BindingAddress.Parse(address).Port;
    }

    public int Port { get; }

    public RequestCounts Requests { get; }

    /// <summary>Listens when the task completes.</summary>
    /// <param name="port">0 picks a free one.</param>
    public static async Task<ScriptedSite> StartAsync(int port = 0)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Limits.MaxResponseBufferSize = 256 * 1024;
            kestrel.Listen(IPAddress.Any, port, OnlyLoopback);
        });
        // Nothing here waits on a thread, so requests may be answered where they arrive; and memory for idle connections is cheaper than a call to find them idle.
        builder.WebHost.UseSockets(sockets =>
        {
            sockets.UnsafePreferInlineScheduling = true;
            sockets.WaitForDataBeforeAllocatingBuffer = false;
        });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromMilliseconds(200));
        var web = builder.Build();
        var requests = new RequestCounts();
        var script = new Script(requests);
        web.Run(script.AnswerAsync);
        await web.StartAsync();
        return new ScriptedSite(web, requests);
    }

    /// <summary>Completes when the process is asked to end.</summary>
    public Task WaitForShutdownAsync() => _web.WaitForShutdownAsync();

    public async ValueTask DisposeAsync()
    {
        await _web.StopAsync();
        await _web.DisposeAsync();
    }

    private static void OnlyLoopback(ListenOptions listen) => listen.Use(next => connection =>
    {
        if (connection.LocalEndPoint is IPEndPoint { Address: var address } && IPAddress.IsLoopback(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address))
            return next(connection);
        connection.Abort(new ConnectionAbortedException("Not a loopback address."));
        return Task.CompletedTask;
    });
}
