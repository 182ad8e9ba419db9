using System.Net;
using FsCheck.Xunit;

namespace Atlas.Pipeline.Tests;

public sealed class HttpExchangeTests
{
    [Property]
    public void What_was_said_comes_back(byte[] request, byte[] response, byte[] address, bool isCut, bool isHttp2)
    {
        var exchange = new HttpExchange
        {
            Request = request,
            Response = response,
            Peer = address.Length switch { >= 16 => new IPAddress(address.AsSpan(0, 16)), >= 4 => new IPAddress(address.AsSpan(0, 4)), _ => null },
            IsCut = isCut,
            Version = isHttp2 ? HttpVersion.Version20 : HttpVersion.Version11,
        };

        var read = HttpExchange.Parse(exchange.ToBytes());

        Assert.NotNull(read);
        Assert.Equal(request, read.Request);
        Assert.Equal(response, read.Response);
        Assert.Equal((exchange.Peer, exchange.IsCut, exchange.Version), (read.Peer, read.IsCut, read.Version));
    }

    [Property]
    public void What_was_damaged_is_not_taken_for_something(byte[] response, int at, byte flip, bool isCutOff)
    {
        var stored = new HttpExchange { Peer = IPAddress.Loopback, Response = response }.ToBytes();
        stored[(int)((uint)at % stored.Length)] ^= (byte)(flip | 1);

        Assert.Null(HttpExchange.Parse(isCutOff ? stored.AsMemory(0, (int)((uint)at % stored.Length)) : stored));
    }

    [Property]
    public void Anything_at_all_is_read_without_an_exception(byte[] bytes) => _ = HttpExchange.Parse(bytes);
}
