using System.IO.Pipelines;
using System.Text;
using Atlas.Pipeline.Sources;

namespace Atlas.Pipeline.Tests.Sources;

public sealed class StdinSourceTests
{
    private readonly SourceTestBed _bed = new();

    [Fact]
    public async Task Reads_everything_to_the_last_line_without_a_newline()
    {
        var source = SourceOf(new MemoryStream("one\n\n# two\nthree"u8.ToArray()));

        await source.RunAsync(_bed.SendAsync, CancellationToken.None);

        Assert.Equal(["one", "three"], _bed.Rows);
        Assert.Equal(2, source.LinesSkipped);
        Assert.Equal(16, source.BytesRead);
        Assert.Equal(16, source.BytesTotal);
    }

    [Fact]
    public async Task Loses_no_line_of_an_input_of_many_blocks()
    {
        var expected = Enumerable.Range(0, 60_000).Select(i => $"http://example.org/{i}").ToList();
        var source = SourceOf(new MemoryStream(Encoding.UTF8.GetBytes(string.Join('\n', expected))));

        await source.RunAsync(_bed.SendAsync, CancellationToken.None);

        Assert.Equal(expected, _bed.Rows);
    }

    [Fact]
    public async Task A_complete_line_does_not_wait_for_more_input_and_a_drain_does_not_wait_for_a_read()
    {
        var pipe = new Pipe();
        using var drain = new CancellationTokenSource();
        var source = SourceOf(pipe.Reader.AsStream());
        var run = source.RunAsync(_bed.SendAsync, drain.Token);

        await pipe.Writer.WriteAsync("one\ntwo\nthr"u8.ToArray());
        await _bed.WhenRows(2);
        await drain.CancelAsync();
        await run.WaitAsync(TimeSpan.FromSeconds(10));
        await pipe.Writer.CompleteAsync();

        Assert.Equal(["one", "two"], _bed.Rows);
        Assert.Null(source.BytesTotal);
    }

    [Fact]
    public async Task Stops_when_nobody_takes_any_more()
    {
        var sent = 0;
        var source = SourceOf(new MemoryStream(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("x\n", 1000)))));

        await source.RunAsync(_ => Task.FromResult(++sent < 2), CancellationToken.None);

        Assert.Equal(2, sent);
    }

    private StdinSource SourceOf(Stream input) => new(new StdinOptions(), "lines", _bed.Pool, input, _bed.Progress, new Seams());
}
