using System.Diagnostics;
using System.Text;
using Atlas.Pipeline.Topology;

namespace Atlas.Pipeline.Tests.Topology;

public sealed class SettingsParserTests
{
    private readonly List<Mistake> _mistakes = [];

    [Fact]
    public void Every_node_knows_its_line_and_column()
    {
        var root = SettingsParser.Parse("p.yaml", "a: 1\nb:\n  - x\n  - \"y\"\n", _mistakes)!;

        Assert.Empty(_mistakes);
        var list = Assert.IsType<SequenceNode>(root.Entries[1].Value);
        Assert.Equal(new ScalarNode("1", false, 1, 4), root.Entries[0].Value);
        Assert.Equal(new ScalarNode("x", false, 3, 5), list.Items[0]);
        Assert.Equal(new ScalarNode("y", true, 4, 5), list.Items[1]);
    }

    [Fact]
    public void A_byte_order_mark_is_no_part_of_the_first_key()
    {
        var root = SettingsParser.Parse("p.yaml", "\uFEFFa: 1\n", _mistakes)!;

        Assert.Empty(_mistakes);
        Assert.Equal(new ScalarNode("a", false, 1, 1), root.Entries[0].Key);
    }

    [Theory]
    [InlineData("a: &x 1", 1, 4, "a", "anchors are not supported")]
    [InlineData("a: 1\nb: *x", 2, 4, "b", "aliases are not supported")]
    [InlineData("a: !!str 1", 1, 4, "a", "tags are not supported")]
    [InlineData("a: 1\n---\nb: 2", 2, 1, "", "more than one document")]
    [InlineData("- a", 1, 1, "", "must be a map")]
    [InlineData("", 1, 1, "", "must be a map")]
    [InlineData("a: 1\nb: 2\na: 3", 3, 1, "a", "is written twice, first in line 1")]
    [InlineData("a: 1\n? [b]\n: 2", 2, 3, "", "a key must be a single word")]
    [InlineData("a: [1, 2", 2, 1, "", "is not valid YAML")]
    [InlineData("a: 1\n\tb: 2", 1, 4, "", "is not valid YAML")]
    public void What_is_refused_is_refused_with_its_place(string text, int line, int column, string path, string message)
    {
        SettingsParser.Parse("p.yaml", text, _mistakes);

        var mistake = Assert.Single(_mistakes);
        Assert.Equal((line, column, path), (mistake.Line, mistake.Column, mistake.Path));
        Assert.Contains(message, mistake.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Thirty_two_levels_are_read_and_one_more_is_refused()
    {
        Assert.NotNull(SettingsParser.Parse("p.yaml", "a: " + new string('[', 31) + new string(']', 31), _mistakes));
        Assert.Empty(_mistakes);

        Assert.Null(SettingsParser.Parse("p.yaml", "a: " + new string('[', 32) + new string(']', 32), _mistakes));
        Assert.Contains("more than 32 deep", Assert.Single(_mistakes).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bombs_are_refused_quickly()
    {
        var aliases = new StringBuilder("a0: &a0 [x]\n");
        for (var i = 1; i < 60; i++)
            aliases.Append($"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n");
        string[] bombs = [aliases.ToString(), "a: " + new string('[', 100_000), new('x', 10_000_000), "a: [" + string.Concat(Enumerable.Repeat("1,", 50_000)) + "]", "a: " + string.Concat(Enumerable.Repeat("{b: ", 50_000))];
        var clock = Stopwatch.StartNew();

        foreach (var bomb in bombs)
        {
            _mistakes.Clear();
            Assert.Null(SettingsParser.Parse("p.yaml", bomb, _mistakes));
            Assert.InRange(_mistakes.Count, 1, SettingsParser.MaxMistakes);
        }

        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(5), $"It took {clock.Elapsed}.");
    }

    [Fact]
    public void No_text_makes_it_throw()
    {
        var random = new Random(7);
        string[] pieces = ["a", ":", " ", "\n", "- ", "[", "]", "{", "}", "&", "*", "!", "|", ">", "\"", "'", "\\", "\\U00110000", "%", "---", "...", "?", ",", "#", "\t", "\0", "\uD800", "${env:", "<<"];
        for (var i = 0; i < 20_000; i++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(1, 12)).Select(_ => pieces[random.Next(pieces.Length)]));
            _mistakes.Clear();
            var root = SettingsParser.Parse("p.yaml", text, _mistakes);
            Assert.True(root is not null || _mistakes.Count > 0, text);
        }
    }

    [Fact]
    public void References_are_resolved_and_marked_as_secret()
    {
        var name = $"ATLAS_TEST_{Guid.NewGuid():N}";
        var path = Path.Combine(Path.GetTempPath(), name);
        Environment.SetEnvironmentVariable(name, "s3cret");
        File.WriteAllText(path, "t0ken\n");
        try
        {
            var root = SettingsParser.Parse("p.yaml", $"a: pre-${{env:{name}}}-post\nb: ${{file:{path}}}\nc: ${{other}}", _mistakes)!;

            Assert.Empty(_mistakes);
            Assert.Equal(new ScalarNode("pre-s3cret-post", false, 1, 4, IsSecret: true), root.Entries[0].Value);
            Assert.Equal(new ScalarNode("t0ken", false, 2, 4, IsSecret: true), root.Entries[1].Value);
            Assert.Equal(new ScalarNode("${other}", false, 3, 4), root.Entries[2].Value);
        }
        finally
        {
            Environment.SetEnvironmentVariable(name, null);
            File.Delete(path);
        }
    }

    [Fact]
    public void A_missing_reference_is_named()
    {
        SettingsParser.Parse("p.yaml", "a: ${env:ATLAS_TEST_NOT_SET}\nb: ${file:/no/such/file}\nc: ${env:OPEN", _mistakes);

        Assert.Equal(
            ["p.yaml(1,4): a: the environment variable 'ATLAS_TEST_NOT_SET' is not set.", "p.yaml(2,4): b: the file '/no/such/file' cannot be read.", "p.yaml(3,4): c: a reference that begins with '${' has no closing '}'."],
            _mistakes.Select(mistake => mistake.ToString()));
    }
}
