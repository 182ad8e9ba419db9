using System.IO.Compression;
using Atlas.Pipeline.Fetch;

namespace Atlas.Pipeline.Tests.Fetch;

public sealed class FetchBufferTests
{
    private readonly CountingPool _pool = new();

    [Fact]
    public async Task A_document_holds_one_buffer_until_it_is_disposed()
    {
        // Its length is not announced, and so its buffer had to grow.
        await using var server = new TinyServer(_ => [.. TinyServer.Head("200 OK", ""), .. new byte[100_000]]);

        var verdict = await FetchAsync(server);

        Assert.Equal((100_000, 1), (verdict.Item.Document!.BodyLength, _pool.Outstanding));
        verdict.Item.Document.Dispose();
        Assert.Equal(0, _pool.Outstanding);
    }

    [Theory]
    [InlineData("too long", "too_large")]
    [InlineData("breaks off", "connection_reset")]
    [InlineData("falls silent", "too_slow")]
    [InlineData("badly encoded", "bad_encoding")]
    [InlineData("a bomb", "decompression_bomb")]
    public async Task A_body_that_fails_gives_its_buffer_back(string body, string reason)
    {
        await using var server = new TinyServer(async (_, stream, stop) =>
        {
            await stream.WriteAsync(Answer(body), stop);
            if (body == "falls silent")
                await Task.Delay(Timeout.Infinite, stop);
        });

        var verdict = await FetchAsync(server, with: options => options with
        {
            MaxBodyBytes = body == "a bomb" ? options.MaxBodyBytes : 1_000,
            IdleTimeout = body == "falls silent" ? TimeSpan.FromMilliseconds(50) : options.IdleTimeout,
        });

        Assert.Equal(reason, verdict.Reason.Name);
        Assert.True(_pool.Rented > 0);
        Assert.Equal(0, _pool.Outstanding);
    }

    [Fact]
    public async Task An_abort_inside_a_body_gives_its_buffer_back()
    {
        using var abort = new CancellationTokenSource();
        var isRented = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _pool.OnRent = isRented.SetResult;
        await using var server = new TinyServer(async (_, stream, stop) =>
        {
            await stream.WriteAsync(Answer("falls silent"), stop);
            await Task.Delay(Timeout.Infinite, stop);
        });
        var fetching = FetchAsync(server, abort: abort.Token);
        await isRented.Task;

        await abort.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => fetching);
        Assert.Equal(0, _pool.Outstanding);
    }

    private static byte[] Answer(string body)
    {
        switch (body)
        {
            case "too long":
                return [.. TinyServer.Head("200 OK", ""), .. new byte[2_000]];
            case "badly encoded":
                return TinyServer.Ok("plain", "Content-Encoding: gzip\r\n");
            case "a bomb":
                using (var packed = new MemoryStream())
                {
                    using (var brotli = new BrotliStream(packed, CompressionLevel.Fastest, leaveOpen: true))
                        brotli.Write(new byte[8 << 20]);
                    return TinyServer.Ok(packed.ToArray(), "Content-Encoding: br\r\n");
                }

            default:
                return [.. TinyServer.Head("200 OK", "Content-Length: 100\r\n"), .. "abc"u8];
        }
    }

    private async Task<Verdict> FetchAsync(TinyServer server, Func<FetchOptions, FetchOptions>? with = null, CancellationToken abort = default)
    {
        var options = FetchBed.Options(server.Port);
        using var stage = new FetchStage(with?.Invoke(options) ?? options, new Seams(), pool: _pool);
        return await stage.ProcessAsync(FetchBed.Item(server.Url()), abort);
    }
}
