using Atlas.Pipeline.Tests.Graph;
using System.Text;
using Atlas.Pipeline.Normalize;
using Atlas.Pipeline.Topology;
using Atlas.Urls;

namespace Atlas.Pipeline.Tests.Normalize;

public sealed class NormalizeStageTests
{
    [Fact]
    public async Task A_row_gets_its_canonical_form_its_host_key_and_its_id()
    {
        var batch = BatchOf("https://Example.org:8443/a?b=1&utm_source=x", "http://h/");

        await new NormalizeStage(new NormalizeOptions()).ProcessAsync(batch);

        Assert.Equal("https://example.org:8443/a?b=1", Encoding.UTF8.GetString(batch.CanonicalOf(batch.Rows[0])));
        Assert.Equal("example.org:8443", Encoding.UTF8.GetString(batch.HostOf(batch.Rows[0])));
        Assert.Equal(ContentId.Of("https://example.org:8443/a?b=1"u8), batch.IdOf(ref batch.Rows[0]));
        Assert.Equal("http://h/", Encoding.UTF8.GetString(batch.CanonicalOf(batch.Rows[1])));
        Assert.Equal("h", Encoding.UTF8.GetString(batch.HostOf(batch.Rows[1])));
    }

    [Fact]
    public async Task Spellings_of_one_url_have_one_fingerprint_and_no_id_until_it_is_asked_for()
    {
        var batch = BatchOf("http://h/a", "HTTP://H:80/a#x", "http://h/b");

        await new NormalizeStage(new NormalizeOptions()).ProcessAsync(batch);

        Assert.Equal(batch.Rows[0].Fingerprint, batch.Rows[1].Fingerprint);
        Assert.NotEqual(batch.Rows[0].Fingerprint, batch.Rows[2].Fingerprint);
        if (Fingerprint.IsSupported)
            Assert.Equal(UInt128.Zero, batch.Rows[0].ContentId);
        Assert.Equal(batch.IdOf(ref batch.Rows[0]), batch.IdOf(ref batch.Rows[1]));
    }

    [Fact]
    public async Task A_malformed_line_is_rejected_and_known_by_its_bytes()
    {
        var batch = BatchOf("no url");

        await new NormalizeStage(new NormalizeOptions()).ProcessAsync(batch);

        Assert.Equal((Fate.DeadLetter, Reason.Malformed), (batch.Rows[0].Fate, batch.Rows[0].Reason));
        Assert.Equal(ContentId.Of("no url"u8), batch.IdOf(ref batch.Rows[0]));
        Assert.Equal(0, batch.Rows[0].CanonicalLength);
    }

    [Theory]
    [InlineData("no url", CanonicalizationError.NoScheme)]
    [InlineData("http://", CanonicalizationError.NoHost)]
    [InlineData("http://a..b/", CanonicalizationError.BadHost)]
    [InlineData("http://a:99999/", CanonicalizationError.BadPort)]
    [InlineData("http://a/", CanonicalizationError.None)]
    public async Task A_malformed_line_keeps_what_is_wrong_with_it(string line, CanonicalizationError flaw)
    {
        var batch = BatchOf(line);

        await new NormalizeStage(new NormalizeOptions()).ProcessAsync(batch);

        Assert.Equal(flaw, batch.Rows[0].Flaw);
    }

    [Fact]
    public async Task A_line_that_the_source_rejected_keeps_its_reason_and_gets_an_id()
    {
        var batch = BatchOf("http://h/");
        batch.Rows[0].Reject(Reason.LineTooLong);

        await new NormalizeStage(new NormalizeOptions()).ProcessAsync(batch);

        Assert.Equal(Reason.LineTooLong, batch.Rows[0].Reason);
        Assert.Equal(ContentId.Of("http://h/"u8), batch.IdOf(ref batch.Rows[0]));
    }

    [Fact]
    public async Task Forms_that_outgrow_the_buffer_leave_the_earlier_ones_intact()
    {
        var batch = BatchOf([.. Enumerable.Range(0, 3).Select(i => $"http://h{i}/" + new string('<', 30_000))]);

        await new NormalizeStage(new NormalizeOptions()).ProcessAsync(batch);

        for (var i = 0; i < 3; i++)
        {
            Assert.StartsWith($"http://h{i}/%3C", Encoding.UTF8.GetString(batch.CanonicalOf(batch.Rows[i])), StringComparison.Ordinal);
            Assert.Equal(10 + 90_000, batch.Rows[i].CanonicalLength);
        }
    }

    // One line over 43 KB doubled its batch for good, as the room was asked for the worst form that such a line could have.
    [Fact]
    public async Task Long_lines_whose_forms_are_no_longer_than_they_do_not_make_a_batch_larger()
    {
        string[] lines = [.. Enumerable.Range(0, 2).Select(i => $"http://h{i}/" + new string('a', 60_000))];
        var batch = BatchOf(lines);

        await new NormalizeStage(new NormalizeOptions()).ProcessAsync(batch);

        Assert.Equal(UrlBatch.TextCapacity, batch.Canonical.Length);
        Assert.Equal(lines, batch.ActiveRows.ToArray().Select(row => Encoding.UTF8.GetString(batch.CanonicalOf(row))));
    }

    [Fact]
    public async Task A_batch_that_had_to_grow_is_as_small_as_others_when_it_is_released()
    {
        var batch = BatchOf([.. Enumerable.Range(0, 3).Select(i => $"http://h{i}/" + new string('<', 30_000))]);
        await new NormalizeStage(new NormalizeOptions()).ProcessAsync(batch);
        Assert.True(batch.Canonical.Length > UrlBatch.TextCapacity);

        batch.Release();

        Assert.Equal(UrlBatch.TextCapacity, batch.Canonical.Length);
    }

    [Fact]
    public void Settings_are_read_in_all_their_shapes()
    {
        var mistakes = new List<Mistake>();

        Assert.True(Read(mistakes).DropTracking);
        Assert.True(Read(mistakes).FoldScheme);
        Assert.False(Read(mistakes, Entry("drop_params", new ScalarNode("none", false, 1, 1))).DropTracking);
        Assert.Equal(["sid"], Read(mistakes, Entry("drop_params", new SequenceNode([new ScalarNode("sid", false, 1, 1)], 1, 1))).DropParams);
        Assert.False(Read(mistakes, Entry("fold_scheme", new ScalarNode("false", false, 1, 1))).FoldScheme);
        Assert.True(Read(mistakes, Entry("fold_www", new ScalarNode("true", false, 1, 1))).FoldWww);
        Assert.True(Read(mistakes, Entry("trailing_slash", new ScalarNode("true", false, 1, 1))).FoldTrailingSlash);
        Assert.True(Read(mistakes, Entry("session_ids", new ScalarNode("true", false, 1, 1))).DropSessionIds);
        Assert.True(Read(mistakes, Entry("schemeless", new ScalarNode("true", false, 1, 1))).AcceptSchemeless);
        Assert.Empty(mistakes);
    }

    [Fact]
    public void Sites_have_lists_of_their_own()
    {
        var mistakes = new List<Mistake>();
        var site = new MappingNode([Entry("drop_params", new SequenceNode([new ScalarNode("ref", false, 1, 1)], 1, 1))], 1, 1);

        var sites = Read(mistakes, Entry("sites", new MappingNode([Entry("example.org", site)], 1, 1))).Sites;

        Assert.Empty(mistakes);
        Assert.Equal(["ref"], sites["example.org"].DropParams);
        Assert.Empty(sites["example.org"].KeepParams);
    }

    [Fact]
    public void A_mistake_inside_a_site_is_reported_where_it_stands()
    {
        var mistakes = new List<Mistake>();
        var site = new MappingNode([new MappingEntry(new ScalarNode("drop_param", false, 7, 9), new ScalarNode("ref", false, 7, 20))], 7, 9);

        Read(mistakes, Entry("sites", new MappingNode([Entry("example.org", site), Entry("other.example", new ScalarNode("x", false, 8, 3))], 6, 5)));

        Assert.Equal([(7, "stages.normalize.sites.example.org.drop_param"), (8, "stages.normalize.sites.other.example")], mistakes.Select(mistake => (mistake.Line, mistake.Path)).Order());
    }

    [Theory]
    [InlineData("example.org", true)]
    [InlineData("B\u00FCcher.example.", true)]
    [InlineData("127.0.0.1", true)]
    [InlineData("[::1]", true)]
    [InlineData("*.example.org", false)]
    [InlineData("https://example.org", false)]
    [InlineData("example.org/a", false)]
    [InlineData("example.org:80", false)]
    [InlineData("a..b", false)]
    [InlineData("", false)]
    public void A_site_must_be_named_by_its_domain(string name, bool isOne)
    {
        var mistakes = new List<Mistake>();
        var site = new MappingNode([Entry("drop_params", new SequenceNode([new ScalarNode("ref", false, 1, 1)], 1, 1))], 1, 1);

        Read(mistakes, Entry("sites", new MappingNode([Entry(name, site)], 1, 1)));

        Assert.Equal(isOne ? [] : [$"stages.normalize.sites: '{name}' is no domain. Write one alone, like example.org; it stands for its subdomains too."], mistakes.Select(mistake => $"{mistake.Path}: {mistake.Message}"));
    }

    [Fact]
    public void A_mistyped_word_is_reported_with_the_way_out()
    {
        var mistakes = new List<Mistake>();

        Read(mistakes, Entry("drop_params", new ScalarNode("defualt", false, 3, 5)));

        Assert.Equal(3, Assert.Single(mistakes).Line);
        Assert.Contains("Did you mean 'default'?", mistakes[0].Message, StringComparison.Ordinal);
    }

    private static MappingEntry Entry(string key, SettingsNode value) => new(new ScalarNode(key, false, 1, 1), value);

    private static CanonicalizationRules Read(List<Mistake> mistakes, params MappingEntry[] entries) =>
        NormalizeOptions.Read(new SettingsReader(new MappingNode(entries, 1, 1), "test.yaml", "stages.normalize", mistakes)).Rules;

    private static UrlBatch BatchOf(params string[] lines) => new GraphTestBed().BatchOf(lines);
}
