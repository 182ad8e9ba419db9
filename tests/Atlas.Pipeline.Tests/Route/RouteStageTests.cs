using System.Text;
using Atlas.Pipeline.Route;
using Atlas.Pipeline.Topology;

namespace Atlas.Pipeline.Tests.Route;

public sealed class RouteStageTests
{
    private readonly UrlBatchPool _pool = new();

    [Fact]
    public void Every_row_goes_to_exactly_one_output_and_the_first_match_wins()
    {
        var stage = new RouteStage(new RouteOptions
        {
            Outputs =
            [
                new RouteMatch { Output = "secure", Schemes = ["https"u8.ToArray()] },
                new RouteMatch { Output = "example", Hosts = ["*.example.org"u8.ToArray(), "b.test"u8.ToArray()] },
                new RouteMatch { Output = "refused", Rejected = true },
            ],
        });
        var batch = BatchOf("https://a.example.org/", "http://a.example.org/", "http://example.org/", "http://b.test:81/", "nonsense", "http://c.test/");
        batch.Rows[4].Reject(Reason.Malformed);
        batch.Rows[5].DropAsDuplicate();
        var into = new UrlBatch?[4];

        stage.Split(batch, into);

        Assert.Equal([null, "secure", "example", "refused"], stage.Outputs);
        Assert.Equal(["http://example.org/", "http://c.test/"], TextsOf(into[0]));
        Assert.Equal(["https://a.example.org/"], TextsOf(into[1]));
        Assert.Equal(["http://a.example.org/", "http://b.test:81/"], TextsOf(into[2]));
        Assert.Equal(["nonsense"], TextsOf(into[3]));
    }

    [Fact]
    public void A_batch_that_goes_one_way_is_handed_on_as_it_is()
    {
        var stage = new RouteStage(new RouteOptions { Outputs = [new RouteMatch { Output = "http", Schemes = ["http"u8.ToArray()] }] });
        var batch = BatchOf("http://a.test/", "http://b.test/");
        var into = new UrlBatch?[2];

        stage.Split(batch, into);

        Assert.Null(into[0]);
        Assert.Same(batch, into[1]);
    }

    [Fact]
    public void The_receipt_is_settled_when_all_pieces_are_released()
    {
        var stage = new RouteStage(new RouteOptions { Outputs = [new RouteMatch { Output = "http", Schemes = ["http"u8.ToArray()] }] });
        var batch = BatchOf("http://a.test/", "ftp://b.test/");
        var receipt = new SourceProgress("lines").Open("file", 9);
        batch.Receipt = receipt;
        var into = new UrlBatch?[2];

        stage.Split(batch, into);
        into[0]!.Release();
        var settledEarly = receipt.IsSettled;
        into[1]!.Release();

        Assert.False(settledEarly);
        Assert.True(receipt.IsSettled);
    }

    [Fact]
    public void A_strategy_does_not_match_a_line_that_was_refused_before_it_was_classified()
    {
        var match = new RouteMatch { Output = "x", Strategies = [ProcessingStrategy.HttpContent] };
        var batch = BatchOf("http://a.test/", "nonsense");

        Assert.True(match.Matches(batch, batch.Rows[0]));
        Assert.False(match.Matches(batch, batch.Rows[1]));
    }

    [Fact]
    public void Options_are_read_in_the_order_of_the_file()
    {
        var mistakes = new List<Mistake>();
        var options = RouteOptions.Read(ReaderOf(mistakes, Map(
            ("odd", Map(("strategy", Text("unsupported")), ("rejected", Text("true")))),
            ("far", Map(("scheme", Text("FTP")), ("host", Text("A.test")))))));

        Assert.Empty(mistakes);
        Assert.Equal(["odd", "far"], options.Outputs.Select(output => output.Output));
        Assert.Equal([ProcessingStrategy.Unsupported], options.Outputs[0].Strategies);
        Assert.True(options.Outputs[0].Rejected);
        Assert.Equal("ftp"u8.ToArray(), options.Outputs[1].Schemes![0]);
        Assert.Equal("a.test"u8.ToArray(), options.Outputs[1].Hosts![0]);
    }

    [Fact]
    public void Mistakes_in_the_outputs_are_all_reported()
    {
        var mistakes = new List<Mistake>();
        RouteOptions.Read(ReaderOf(mistakes, Map(
            ("a", Map(("strategy", Text("unsuported")), ("rejected", Text("maybe")), ("hots", Text("x")))),
            ("b", Text("x")))));

        Assert.Equal(4, mistakes.Count);
        Assert.Contains(mistakes, mistake => mistake.Path.EndsWith("outputs.a.hots", StringComparison.Ordinal));
    }

    private static SettingsReader ReaderOf(List<Mistake> mistakes, SettingsNode outputs) =>
        new(Map(("outputs", outputs)), "test.yaml", "stages.route", mistakes);

    private static MappingNode Map(params (string Key, SettingsNode Value)[] entries) =>
        new MappingNode(entries.Select(entry => new MappingEntry(Text(entry.Key), entry.Value)).ToList(), 1, 1);

    private static ScalarNode Text(string text) => new(text, false, 1, 1);

    private static IEnumerable<string> TextsOf(UrlBatch? batch) =>
        Enumerable.Range(0, batch!.Count).Select(i => Encoding.UTF8.GetString(batch.TextOf(batch.Rows[i])));

    private UrlBatch BatchOf(params string[] lines)
    {
        var batch = _pool.Rent();
        var end = 0;
        foreach (var line in lines)
        {
            var length = Encoding.UTF8.GetBytes(line, batch.Text.AsSpan(end));
            var row = new UrlRow { TextStart = end, TextLength = length };
            if (line.IndexOf("://", StringComparison.Ordinal) is var at and > 0)
            {
                Encoding.UTF8.GetBytes(line, batch.Canonical.AsSpan(end));
                row.CanonicalStart = end;
                row.CanonicalLength = length;
                row.HostStart = end + at + 3;
                row.HostLength = line.IndexOf('/', at + 3) - at - 3;
            }

            batch.Rows[batch.Count++] = row;
            end += length;
        }

        batch.CanonicalLength = end;
        return batch;
    }
}
