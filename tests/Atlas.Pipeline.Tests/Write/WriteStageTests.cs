using System.Text;
using System.Text.Json;
using Atlas.Pipeline.Write;

namespace Atlas.Pipeline.Tests.Write;

public sealed class WriteStageTests : IDisposable
{
    private readonly UrlBatchPool _pool = new();
    private readonly MemoryStream _output = new();

    [Fact]
    public async Task Writes_what_goes_on_as_input_and_canonical_form()
    {
        await using var stage = new WriteStage(new WriteOptions(), _output);

        await stage.TakeAsync(Batch());

        Assert.Equal("HTTP://a/\thttp://a/\n", Written());
    }

    [Fact]
    public async Task Writes_refused_lines_with_their_reason_if_asked()
    {
        await using var stage = new WriteStage(new WriteOptions { TakesForward = false, TakesRejected = true }, _output);

        await stage.TakeAsync(Batch());

        Assert.Equal("b%09\"\u00FF\t!error malformed\n", Written());
    }

    [Fact]
    public async Task Writes_duplicates_when_all_is_asked_for()
    {
        await using var stage = new WriteStage(new WriteOptions { TakesRejected = true, TakesDuplicates = true }, _output);

        await stage.TakeAsync(Batch());

        Assert.Equal(["HTTP://a/\thttp://a/", "b%09\"\u00FF\t!error malformed", "c\t!error duplicate", ""], Written().Split('\n'));
    }

    [Fact]
    public async Task Writes_a_JSON_object_a_line_whatever_the_bytes_are()
    {
        await using var stage = new WriteStage(new WriteOptions { IsJson = true, TakesRejected = true }, _output);

        await stage.TakeAsync(Batch());

        var lines = Written().Split('\n');
        Assert.Equal("""{"url":"HTTP://a/","canonical":"http://a/","content_id":"000000000000000000000000000000ab","strategy":"http_content"}""", lines[0]);
        using var refused = JsonDocument.Parse(Encoding.Latin1.GetBytes(lines[1]));
        Assert.Equal("b\t\"\uFFFD", refused.RootElement.GetProperty("url").GetString());
        Assert.Equal("malformed", refused.RootElement.GetProperty("error").GetString());
    }

    [Fact]
    public async Task Settles_a_batch_after_it_was_written()
    {
        await using var stage = new WriteStage(new WriteOptions(), _output);
        var batch = Batch();
        var receipt = new SourceProgress("lines").Open("", 0);
        batch.Receipt = receipt;

        await stage.TakeAsync(batch);

        Assert.True(receipt.IsSettled);
    }

    [Fact]
    public async Task A_reader_that_went_away_is_reported_and_the_batch_is_not_settled()
    {
        await using var stage = new WriteStage(new WriteOptions(), new BrokenPipe());
        var batch = Batch();
        var receipt = new SourceProgress("lines").Open("", 0);
        batch.Receipt = receipt;

        await Assert.ThrowsAsync<IOException>(async () => await stage.TakeAsync(batch));

        Assert.False(receipt.IsSettled);
    }

    public void Dispose() => _output.Dispose();

    private string Written() => Encoding.Latin1.GetString(_output.ToArray());

    // One that goes on, one refused that is no UTF-8, one known already.
    private UrlBatch Batch()
    {
        var batch = _pool.Rent();
        "HTTP://a/b\t\"\u00FFc".Select(c => (byte)c).ToArray().CopyTo(batch.Text, 0);
        "http://a/"u8.CopyTo(batch.Canonical);
        batch.CanonicalLength = 9;
        batch.Rows[0] = new UrlRow { TextLength = 9, CanonicalLength = 9, ContentId = 0xAB };
        batch.Rows[1] = new UrlRow { TextStart = 9, TextLength = 4 };
        batch.Rows[1].Reject(Reason.Malformed);
        batch.Rows[2] = new UrlRow { TextStart = 13, TextLength = 1 };
        batch.Rows[2].DropAsDuplicate();
        batch.Count = 3;
        return batch;
    }

    private sealed class BrokenPipe : MemoryStream
    {
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => throw new IOException("Broken pipe");
    }
}
