using System.Text;
using System.Text.Json;
using Atlas.Pipeline.Write;
using Atlas.Urls;

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

        Assert.Equal("b%09\"\u00FF\t!error malformed bad_host\n", Written());
    }

    [Fact]
    public async Task Writes_duplicates_when_all_is_asked_for()
    {
        await using var stage = new WriteStage(new WriteOptions { TakesRejected = true, TakesDuplicates = true }, _output);

        await stage.TakeAsync(Batch());

        Assert.Equal(["HTTP://a/\thttp://a/", "b%09\"\u00FF\t!error malformed bad_host", "c\t!error duplicate", ""], Written().Split('\n'));
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
        Assert.Equal("bad_host", refused.RootElement.GetProperty("detail").GetString());
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
    public async Task Tells_that_a_batch_was_written_before_it_is_released()
    {
        await using var stage = new WriteStage(new WriteOptions(), _output);
        var told = new List<(int Rows, long Written)>();

        await stage.TakeAsync(Batch(), batch => told.Add((batch.Count, _output.Length)));

        Assert.Equal([(3, _output.Length)], told);
        Assert.NotEqual(0, _output.Length);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("one\ttwo\n", "one\ttwo\n")]
    [InlineData("one\ttwo\nthr", "one\ttwo\n")]
    [InlineData("thr", "")]
    [InlineData("\nthr", "\n")]
    public async Task Appends_to_a_file_and_cuts_off_the_line_that_a_killed_run_left_unfinished(string before, string kept)
    {
        var path = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(path, before, TestContext.Current.CancellationToken);

            await using (var stage = WriteStage.Open(new WriteOptions { To = path }, _output))
                await stage.TakeAsync(Batch());

            Assert.Equal(kept + "HTTP://a/\thttp://a/\n", await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public async Task An_unfinished_line_may_be_long_but_a_file_that_holds_no_lines_is_not_cut()
    {
        var path = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(path, "one\n" + new string('x', 900_000), TestContext.Current.CancellationToken);
            await WriteStage.Open(new WriteOptions { To = path }, _output).DisposeAsync();
            Assert.Equal(4, new FileInfo(path).Length);

            await File.WriteAllTextAsync(path, "one\n" + new string('x', 3_000_000), TestContext.Current.CancellationToken);
            Assert.Throws<IOException>(() => WriteStage.Open(new WriteOptions { To = path }, _output));
            Assert.Equal(3_000_004, new FileInfo(path).Length);
        }
        finally
        {
            File.Delete(path);
        }
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
        batch.Rows[1].RejectAsMalformed(CanonicalizationError.BadHost);
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
