using System.Text;
using Atlas.Pipeline.Host.Normalizing;
using Atlas.Urls;

namespace Atlas.Pipeline.AcceptanceTests.Normalizing;

/// <summary>What <c>atlas normalize --verify</c> finds, with canonicalizers that are right and with some that are wrong on purpose.</summary>
public sealed class VerificationTests
{
    private static readonly CanonicalizationRules Strict = new() { FoldScheme = false };

    private static readonly CanonicalizationRules Everything = new()
    {
        FoldWww = true,
        FoldTrailingSlash = true,
        DropSessionIds = true,
        AcceptSchemeless = true,
        DropParams = ["drop", "é"],
        KeepParams = ["gclid"],
        Sites = new Dictionary<string, SiteRules> { ["h.example"] = new(["ref"], ["utm_source"]) },
    };

    private static readonly string[] Pieces =
    [
        "/", "//", "/.", "/..", "\\", "?", "&", "&&", "=", "#", "#!", "#/", "a", "A", "%41", "%7e", "%2F", "%2f", "%", "%25", "%2561", "%zz", "é", "e\u0301", "%c3%a9", "+", "%20", " ", "\t", "'", "|", ";", "@", ":", "b=2", "b=1",
        "id=1", "utm_source=x", "UTM_b", "gclid=1", "ref=1", "drop", "é=1", "si=1", "sid=9682993c8daa2c5497996114facdc805", "sid=1", ";jsessionid=0123456789abcdefghij", "(S(4hqa0555fwsecu455xqckv45))", "cfid=1", "cftoken=2", "cftoken",
    ];

    private static readonly string[] Starts =
    [
        "http://h.example", "HTTP:h.example", "https://h.example:443", "http://www.h.example.", "https://u:p@h.example:8080", "http://:@h.example:080", "http://B\u00FCcher.example", "http://www.b\u00FCcher.example", "http://ex%61mple1/",
        "http://127.1", "http://[2001:DB8::0:1]", "http://0x7f.1:", "h.example", "//h.example", "mailto:A@b", "http://youtube.com/?", " http:\\\\h.example\\", "http://%e9@h.example/", "http://1.2.3.4.",
    ];

    [Theory]
    [InlineData("http://h/A/b?x=1", "another path", "http:h/A")]
    [InlineData("http://h/a?Aa=bC", "another query", "http:a?A")]
    public void A_canonicalizer_that_loses_upper_case_is_caught_on_one_line(string line, string law, string shortest)
    {
        var found = Verify(url => url.ToLowerInvariant(), line);

        Assert.Contains($"line 1: a canonical form must be what its line is, but for the rules: {law}", found, StringComparison.Ordinal);
        Assert.Equal(shortest, Shrunk(found)[0]);
        Assert.EndsWith("1 lines, 1 broke a law.\n", found, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_lines_that_were_merged_are_shown_together_and_as_short_as_they_can_be()
    {
        var found = Verify(url => url.Replace("/article/", "/", StringComparison.Ordinal), "http://h.example/article/7?page=1", "http://other.example/", "http://h.example/7?page=1");

        Assert.Contains("lines 1 and 3: lines of one key must be the same, but for the rules: another path\n  line     http://h.example/article/7?page=1\n  line     http://h.example/7?page=1\n", found, StringComparison.Ordinal);
        Assert.Equal(["http:h/article/", "http:h/article/", "http:h/"], Shrunk(found));
        Assert.EndsWith("3 lines, 2 broke a law.\n", found, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("host", "www.", "", "http://www.h.example/")]
    [InlineData("host", "m.h.example", "h.example", "http://m.h.example/")]
    [InlineData("user name or password", "u:p@", "", "http://u:p@h.example/")]
    [InlineData("port", ":8080", "", "http://h.example:8080/")]
    [InlineData("scheme", "https:", "http:", "https://h.example/")]
    [InlineData("path", "//x", "/x", "http://h.example//x")]
    [InlineData("path", "%2F", "/", "http://h.example/a%2Fb")]
    [InlineData("path", "%25", "%", "http://h.example/100%25")]
    [InlineData("path", "index.html", "", "http://h.example/index.html")]
    [InlineData("query", "a=1&a=2", "a=2&a=1", "http://h.example/?a=1&a=2")]
    [InlineData("query", "id=1&", "", "http://h.example/?id=1&x=2")]
    [InlineData("query", "a=", "a", "http://h.example/?a=")]
    [InlineData("query", "%20", "+", "http://h.example/?a%20b")]
    [InlineData("query", "e%CC%81", "%C3%A9", "http://h.example/?e\u0301")]
    [InlineData("query", "?b=1&a=1", "?a=1&b=1", "http://h.example/?b=1&a=1", false)]
    [InlineData("fragment", "#!/a", "", "http://h.example/#!/a")]
    public void A_rule_that_nobody_declared_is_caught_where_it_changes_something(string part, string from, string to, string line, bool isCaught = true)
    {
        var found = Verify(form => form.Replace(from, to, StringComparison.Ordinal), line);

        Assert.Equal(isCaught, found.Contains($"but for the rules: another {part}\n", StringComparison.Ordinal));
        Assert.EndsWith($"1 lines, {(isCaught ? 1 : 0)} broke a law.\n", found, StringComparison.Ordinal);
    }

    [Fact]
    public void A_form_that_is_not_its_own_and_one_whose_parts_are_elsewhere_are_caught()
    {
        var canonicalizer = new Canonicalizer(Strict);
        var growing = Verify(form => form + "x", "http://h/");
        var refused = new StringWriter { NewLine = "\n" };
        new Verification(Strict, line => line.AsSpan().SequenceEqual("http://h/"u8) ? null : CanonicalForm.Of(canonicalizer, line)).Run(Lines("http://h/#a"), refused);
        var moved = new StringWriter { NewLine = "\n" };
        new Verification(Strict, line => CanonicalForm.Of(canonicalizer, line) is { } form ? form with { Parts = form.Parts with { HostLength = form.Parts.HostLength - 1 } } : null).Run(Lines("http://hh/"), moved);

        Assert.Contains("line 1: a canonical form must be its own canonical form", growing, StringComparison.Ordinal);
        Assert.Contains("line 1: a canonical form must be taken again", refused.ToString(), StringComparison.Ordinal);
        Assert.Contains("line 1: the parts of a canonical form must be found in it again", moved.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_canonicalizer_that_throws_is_caught_and_the_rest_is_tried()
    {
        var found = Verify(form => form.Contains('x') ? throw new InvalidOperationException("x") : form, "http://hey/x/y", "http://h/");

        Assert.Contains("line 1: no line may throw (InvalidOperationException)", found, StringComparison.Ordinal);
        Assert.Equal("p:x", Shrunk(found)[0]);
        Assert.EndsWith("2 lines, 1 broke a law.\n", found, StringComparison.Ordinal);
    }

    [Fact]
    public void Ten_counter_examples_of_a_law_are_shown_and_all_are_counted()
    {
        var found = Verify(form => form.Replace("A", "a", StringComparison.Ordinal), [.. Enumerable.Range(0, 25).Select(i => $"http://h{i}/A")]);

        Assert.Equal(10, Shrunk(found).Length);
        Assert.Contains("another path: more of these are only counted.\n25 lines, 25 broke a law.\n", found, StringComparison.Ordinal);
    }

    [Fact]
    public void Lines_that_can_be_read_only_once_are_tried_one_by_one_and_it_is_said()
    {
        var output = new StringWriter { NewLine = "\n" };

        new Verification(Strict).Run(new OnceStream(Lines("http://h/#a", "http://h/").ToArray()), output);

        Assert.Equal("Lines of one key were not compared with each other, as this can only be read once.\n2 lines, 0 broke a law.\n", output.ToString());
    }

    [Fact]
    public void Lines_that_are_JSON_strings_are_read_as_what_they_say()
    {
        var output = new StringWriter { NewLine = "\n" };
        var canonicalizer = new Canonicalizer(Strict);

        new Verification(Strict, line => CanonicalForm.Of(canonicalizer, [.. line.Select(letter => letter == 'A' ? (byte)'a' : letter)]), readsJson: true)
            .Run(Lines("\"http://h/\\u0041\"", "none", "\"http://h/\\u0061\""), output);

        Assert.Contains("line 1: a canonical form must be what its line is, but for the rules: another path\n  line     http://h/A\n", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("lines 1 and 3: lines of one key must be the same", output.ToString(), StringComparison.Ordinal);
        Assert.EndsWith("3 lines, 2 broke a law.\n", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_earlier_line_is_read_again_wherever_it_stands()
    {
        // Longer than what is read at once, and the last without a line end.
        string[] lines = [.. Enumerable.Range(0, 3_000).Select(i => $"http://h.example/{(i is >= 1_490 and < 1_500 ? "A" : "a")}{i % 1_500}/{new string('y', i % 1_500 % 700)}")];

        var found = Verify(form => form.Replace("A", "a", StringComparison.Ordinal), lines);

        for (var i = 1_490; i < 1_500; i++)
            Assert.Contains($"lines {i + 1} and {i + 1_501}: lines of one key must be the same, but for the rules: another path\n  line     {lines[i]}\n  line     {lines[i + 1_500]}\n", found, StringComparison.Ordinal);
        Assert.EndsWith("3,000 lines, 20 broke a law.\n", found, StringComparison.Ordinal);
    }

    [Fact]
    public void The_canonicalizer_breaks_no_law_on_lines_made_to_be_hard()
    {
        var random = new Random(4711);
        var lines = new StringBuilder();
        for (var i = 0; i < 6_000; i++)
        {
            lines.Append(Starts[random.Next(Starts.Length)]);
            for (var pieces = random.Next(10); pieces > 0; pieces--)
                lines.Append(Pieces[random.Next(Pieces.Length)]);
            lines.Append('\n');
        }

        foreach (var rules in new[] { Strict, new CanonicalizationRules(), Everything })
        {
            var output = new StringWriter { NewLine = "\n" };
            new Verification(rules).Run(Lines(lines.ToString()), output);
            Assert.Equal("6,000 lines, 0 broke a law.\n", output.ToString());
        }
    }

    [Fact]
    public void Bytes_that_are_no_text_break_no_law()
    {
        var random = new Random(4712);
        var bytes = new List<byte>();
        for (var i = 0; i < 2_000; i++)
        {
            bytes.AddRange("http://h.example/"u8);
            for (var more = random.Next(20); more > 0; more--)
                bytes.Add((byte)random.Next(256));
            bytes.Add((byte)'\n');
        }

        var output = new StringWriter { NewLine = "\n" };
        var broken = new Verification(Everything).Run(new MemoryStream([.. bytes]), output);

        Assert.True(broken == 0, output.ToString());
    }

    /// <summary>What is said of lines by a canonicalizer that goes on where the right one ends.</summary>
    private static string Verify(Func<string, string> wrong, params string[] lines)
    {
        var canonicalizer = new Canonicalizer(Strict);
        var output = new StringWriter { NewLine = "\n" };
        new Verification(Strict, line =>
        {
            if (CanonicalForm.Of(canonicalizer, line) is not { } form)
                return null;
            var bytes = Encoding.UTF8.GetBytes(wrong(Encoding.UTF8.GetString(form.Bytes)));
            return CanonicalForm.Of(canonicalizer, bytes) is { } again ? new CanonicalForm(bytes, again.Parts) : null;
        }).Run(Lines(lines), output);
        return output.ToString();
    }

    private static MemoryStream Lines(params string[] lines) => new(Encoding.UTF8.GetBytes(string.Join('\n', lines)));

    private static string[] Shrunk(string found) => [.. found.Split('\n').Where(line => line.StartsWith("  shrunk ", StringComparison.Ordinal)).Select(line => line["  shrunk   ".Length..])];

    private sealed class OnceStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
