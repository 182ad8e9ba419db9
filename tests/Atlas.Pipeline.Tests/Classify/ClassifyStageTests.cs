using System.Text;
using Atlas.Pipeline.Classify;
using Atlas.Pipeline.Topology;

namespace Atlas.Pipeline.Tests.Classify;

public sealed class ClassifyStageTests
{
    [Theory]
    [InlineData("http://h/", "http_content", "none")]
    [InlineData("https://h:8443/", "http_content", "none")]
    [InlineData("file:///etc/passwd", "file_local", "scheme_file")]
    [InlineData("mailto:a@b", "unsupported", "scheme_unsupported")]
    public async Task Without_own_rules_the_scheme_decides(string url, string strategy, string reason)
    {
        var row = await Classify(url);

        Assert.Equal(strategy, ProcessingStrategies.NameOf(row.Strategy));
        Assert.Equal(reason, row.Reason.Name);
        Assert.Equal(reason == "none" ? Fate.Forward : Fate.DeadLetter, row.Fate);
        Assert.Equal(PriorityClass.Normal, row.Priority);
    }

    [Theory]
    [InlineData("http://a.example.org/", "high")]
    [InlineData("http://a.example.org:81/x", "high")]
    [InlineData("http://example.org/", "normal")]
    [InlineData("http://badexample.org/", "normal")]
    [InlineData("http://news.test/now/1", "critical")]
    [InlineData("http://news.test/old", "normal")]
    [InlineData("http://h/a.ZIP?x=1", "low")]
    [InlineData("http://h/a?x=.zip", "normal")]
    public async Task The_first_rule_that_matches_gives_the_priority(string url, string priority)
    {
        var row = await Classify(
            url,
            Rule(("host", "*.Example.org"), ("priority", "high")),
            Rule(("host", "news.test"), ("path_prefix", "/now/"), ("priority", "critical")),
            Rule(("suffix", ".zip"), ("priority", "low")));

        Assert.Equal(priority, PriorityClasses.Names[(int)row.Priority]);
        Assert.Equal(Fate.Forward, row.Fate);
    }

    [Fact]
    public async Task A_rule_rules_out_what_could_be_fetched()
    {
        var row = await Classify("http://ads.test/", Rule(("scheme", "http"), ("host", "ads.test"), ("strategy", "dead_letter")));

        Assert.Equal((Fate.DeadLetter, Reason.RuledOut, ProcessingStrategy.DeadLetter), (row.Fate, row.Reason, row.Strategy));
    }

    [Theory]
    [InlineData("file:///a.zip", "scheme_file")]
    [InlineData("ftp://h/a.zip", "scheme_unsupported")]
    public async Task No_rule_makes_another_scheme_fetchable(string url, string reason)
    {
        var row = await Classify(url, Rule(("suffix", ".zip"), ("strategy", "http_content")));

        Assert.Equal(reason, row.Reason.Name);
    }

    [Fact]
    public void Mistakes_are_reported_where_they_stand()
    {
        var mistakes = new List<Mistake>();

        Read(mistakes, Rule(("hots", "h")), Rule(("strategy", "dead_leter")), Rule(("priority", "hihg")), new ScalarNode("x", false, 7, 1));

        Assert.Equal(4, mistakes.Count);
        Assert.Contains("Did you mean 'host'?", mistakes[0].Message, StringComparison.Ordinal);
        Assert.Contains("Did you mean 'dead_letter'?", mistakes[1].Message, StringComparison.Ordinal);
        Assert.Contains("Did you mean 'high'?", mistakes[2].Message, StringComparison.Ordinal);
        Assert.Equal(7, mistakes[3].Line);
    }

    private static async Task<UrlRow> Classify(string url, params SettingsNode[] rules)
    {
        var mistakes = new List<Mistake>();
        var batch = new UrlBatchPool().Rent();
        var length = Encoding.UTF8.GetBytes(url, batch.Canonical);
        var host = url.StartsWith("http", StringComparison.Ordinal) ? url.Split('/')[2] : "";
        batch.Rows[0] = new UrlRow { CanonicalLength = length, HostStart = host.Length > 0 ? url.IndexOf(host, 5, StringComparison.Ordinal) : 0, HostLength = host.Length };
        batch.CanonicalLength = length;
        batch.Count = 1;

        await new ClassifyStage(Read(mistakes, rules)).ProcessAsync(batch);

        Assert.Empty(mistakes);
        return batch.Rows[0];
    }

    private static ClassifyOptions Read(List<Mistake> mistakes, params SettingsNode[] rules)
    {
        var map = new MappingNode([new MappingEntry(Text("rules"), new SequenceNode(rules, 1, 1))], 1, 1);
        return ClassifyOptions.Read(new SettingsReader(map, "test.yaml", "stages.classify", mistakes));
    }

    private static MappingNode Rule(params (string Key, string Value)[] entries) =>
        new([.. entries.Select(entry => new MappingEntry(Text(entry.Key), Text(entry.Value)))], 1, 1);

    private static ScalarNode Text(string text) => new(text, false, 1, 1);
}
