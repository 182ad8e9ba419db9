namespace Atlas.Pipeline.AcceptanceTests.Letters;

/// <summary>What people and shells see of dead letters.</summary>
public sealed class LetterListTests
{
    private const string Escape = "\u001b";

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData("dlq list --limit 9000")]
    [InlineData("dlq list --limit 9000 --json")]
    [InlineData("dlq list --limit 9000 --csv")]
    [InlineData("dlq stats --by host --top 9000")]
    [InlineData("dlq reclassify --list")]
    [InlineData("dlq export")]
    [InlineData("check - --quiet")]
    [InlineData("normalize")]
    public async Task A_list_ends_without_a_word_when_its_reader_has_seen_enough(string command)
    {
        await using var bench = await LetterBench.RefusedAsync(string.Concat(Enumerable.Range(0, 4_000).Select(i => $"ftp://h{i}.a.example/a-path-that-is-long-enough-to-fill-a-pipe-before-its-reader-has-left/{i}\n")));
        string[] state = command == "normalize" ? [] : ["--state", bench.State];

        using var program = AtlasProgram.StartInShell($"(\"$@\" < {Path.Combine(bench.Folder, "list")}; echo exit $? >&2) | head -n 1", bench.Folder, [.. command.Split(' '), .. state]);
        var result = await program.WaitAsync(Soon);

        Assert.Single(result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal("exit 141", result.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1]);
        Assert.DoesNotContain("roken", result.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("reader", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_longest_comes_last_and_nothing_is_set_behind_it()
    {
        await using var bench = await LetterBench.RefusedAsync("file:///short\nfile:///" + new string('x', 300) + "\nhttp://\n");

        var table = (await bench.DlqAsync("list")).Output.Split('\n');

        Assert.EndsWith("tries  source  reason              url", table[0], StringComparison.Ordinal);
        Assert.EndsWith("lines   malformed: no_host  http://", table[1], StringComparison.Ordinal);
        Assert.EndsWith("lines   scheme_file         file:///" + new string('x', 300), table[2], StringComparison.Ordinal);
        Assert.EndsWith("lines   scheme_file         file:///short", table[3], StringComparison.Ordinal);
    }

    [Fact]
    public async Task On_a_terminal_no_line_is_longer_than_the_terminal_is_wide()
    {
        await using var bench = await LetterBench.RefusedAsync("file:///short\nfile:///" + new string('x', 300) + "\nhttp://\n");

        var table = await bench.OnTerminalAsync(80, "dlq", "list", "--quiet");

        var lines = table.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(4, lines.Length);
        Assert.All(lines, line => Assert.InRange(line.Length, 1, 80));
        Assert.EndsWith("x…", lines[2], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("list")]
    [InlineData("list --csv")]
    [InlineData("list --json")]
    [InlineData("show 1")]
    [InlineData("reclassify --list")]
    [InlineData("stats --by source")]
    public async Task What_a_hostile_line_would_do_to_a_terminal_does_not_reach_it(string command)
    {
        await using var bench = await LetterBench.OpenAsync();
        var file = bench.Bench.Write("hostile.jsonl", """{"url":"ftp://a.example/\u001b]0;owned\u0007\u009b31m\u202e\u2028x","reason":"scheme_unsupported","source":"\u001b[2J","notes":"\u001b[1m","history":[{"n":1,"at":"2026-01-01","reason":"\u001b[5m","error":"\u001b[6m"}],"facts":{"\u001b":1}}""" + "\n");
        await bench.DlqAsync("import", file, "--yes");

        var shown = await bench.OnTerminalAsync(200, ["dlq", .. command.Split(' '), "--quiet"]);

        Assert.NotEmpty(shown);
        Assert.DoesNotContain(shown, letter => letter is '\u001b' or '\u0007' or '\u009b' or '\u2028');
    }

    [Fact]
    public async Task CSV_into_a_pipe_is_exact_and_does_nothing_to_a_spreadsheet()
    {
        await using var bench = await LetterBench.RefusedAsync($"ftp://a.example/{Escape}[31mred\n=cmd()\n");

        var csv = (await bench.DlqAsync("list", "--csv")).Output;

        Assert.Contains($",ftp://a.example/{Escape}[31mred,", csv, StringComparison.Ordinal);
        Assert.Contains(",'=cmd(),", csv, StringComparison.Ordinal);
    }
}
