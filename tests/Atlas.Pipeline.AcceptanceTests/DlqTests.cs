using System.Text.Json;

namespace Atlas.Pipeline.AcceptanceTests;

/// <summary><c>atlas dlq</c>: an operator asks the dead letters of a real run.</summary>
public sealed class DlqTests
{
    private const string Refused = "file:///home/a.txt\nfile:///home/b.txt\nfile:///home/a.txt\nftp://me:secret@files.example.co.uk/x\nhttp://\n";

    [Fact]
    public async Task What_was_refused_and_what_died_is_listed_counted_and_shown()
    {
        await using var bench = await DeadAsync();
        var gone = bench.Url("/status/404");

        var list = await DlqAsync(bench, "list", "--json");
        var died = await DlqAsync(bench, "list", "--json", "--kind", "died");
        var stats = await DlqAsync(bench, "stats", "--json");
        var shown = await DlqAsync(bench, "show", gone);
        var again = await DlqAsync(bench, "show", "file:///home/a.txt", "--json");

        Assert.Equal(["http_404", "malformed", "scheme_file", "scheme_file", "scheme_unsupported"], Lines(list).Select(letter => letter.GetProperty("reason").GetString()).Order());
        var letter = Assert.Single(Lines(died));
        Assert.Equal((gone, "fetch", "permanent", 1, "lines"), (letter.GetProperty("url").GetString(), letter.GetProperty("stage").GetString(), letter.GetProperty("class").GetString(), letter.GetProperty("attempts").GetInt32(), letter.GetProperty("source").GetString()));
        var attempt = Assert.Single(letter.GetProperty("history").EnumerateArray());
        Assert.Equal((404, "http_404"), (attempt.GetProperty("status").GetInt32(), attempt.GetProperty("reason").GetString()));
        Assert.Equal(Refused.Length, letter.GetProperty("source_offset").GetInt64());
        Assert.Equal(["scheme_file 2", "http_404 1", "malformed 1", "scheme_unsupported 1"], Lines(stats).Select(count => $"{count.GetProperty("reason").GetString()} {count.GetProperty("count").GetInt64()}").OrderByDescending(text => text[^1]).ThenBy(text => text));
        Assert.Contains("reason          http_404: the host answered with that status\n", shown.Output, StringComparison.Ordinal);
        Assert.Contains("status 404", shown.Output, StringComparison.Ordinal);
        Assert.Equal(2, Assert.Single(Lines(again)).GetProperty("occurrences").GetInt64());
    }

    [Fact]
    public async Task Filters_of_every_kind_narrow_it_down_and_no_password_is_shown()
    {
        await using var bench = await DeadAsync();

        foreach (var (expected, filter) in (IEnumerable<(int, string[])>)
        [
            (2, ["--reason", "scheme_file"]), (3, ["--reason", "scheme_file", "--reason", "http_404"]), (4, ["--class", "policy"]), (3, ["--stage", "classify"]),
            (1, ["--host", "Files.Example.co.uk"]), (1, ["--domain", "example.co.uk"]), (0, ["--domain", "co.uk"]), (5, ["--source", "lines"]), (0, ["--source", "others"]), (1, ["--min-attempts", "1"]),
            (5, ["--newer-than", "1h"]), (0, ["--older-than", "1h"]), (0, ["--until", "2020-01-01"]), (1, ["--text", "HOME/B"]), (1, ["--text", "no_host"]), (4, ["--kind", "refused"]), (2, ["--stage", "classify", "--text", "file:"]),
        ])
        {
            var count = await DlqAsync(bench, ["list", "--count", .. filter]);
            Assert.Equal(string.Join(' ', filter) + ": " + expected, string.Join(' ', filter) + ": " + count.Output.Trim());
        }

        foreach (var form in (string[])["--json", "--csv", "--quiet"])
        {
            var listed = await DlqAsync(bench, "list", "--host", "files.example.co.uk", form);
            Assert.Contains("ftp://***@files.example.co.uk/x", listed.Output, StringComparison.Ordinal);
            Assert.DoesNotContain("secret", listed.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_end_of_a_page_says_what_to_type_for_the_next()
    {
        await using var bench = await DeadAsync();
        var seen = new List<long>();

        string[] next = ["list", "--limit", "2", "--json"];
        while (next.Length > 0)
        {
            var page = await DlqAsync(bench, next);
            seen.AddRange(Lines(page).Select(letter => letter.GetProperty("seq").GetInt64()));
            var command = page.Errors.Split('\n').FirstOrDefault(line => line.StartsWith("Next page: ", StringComparison.Ordinal));
            next = command is null ? [] : ["list", .. command.Split(' ').SkipWhile(word => word != "--limit")];
        }

        Assert.Equal(5, seen.Count);
        Assert.Equal(5, seen.Distinct().Count());
    }

    [Fact]
    public async Task Mistakes_are_named_all_at_once()
    {
        await using var bench = await DeadAsync();

        var wrong = await AtlasProgram.RunAsync(bench.Folder, input: null, "dlq", "list", "--state", bench.State, "--reason", "scheme_fil", "--class", "bad", "--older-than", "7", "--min-attempts", "0");
        var missing = await AtlasProgram.RunAsync(bench.Folder, input: null, "dlq", "show", "--state", bench.State, "http://never.example/");

        Assert.Equal((2, 1), (wrong.ExitCode, missing.ExitCode));
        Assert.Contains("Did you mean 'scheme_file'?", wrong.Errors, StringComparison.Ordinal);
        Assert.Contains("--class: 'bad' is no class", wrong.Errors, StringComparison.Ordinal);
        Assert.Contains("--older-than: '7' is no age", wrong.Errors, StringComparison.Ordinal);
        Assert.Contains("--min-attempts: must be from 1 to 255, got 0.", wrong.Errors, StringComparison.Ordinal);
        Assert.Contains("http://never.example/: no dead letter.", missing.Errors, StringComparison.Ordinal);
    }

    private static async Task<Workbench> DeadAsync()
    {
        var bench = await Workbench.OpenAsync();
        var run = await AtlasProgram.RunAsync(bench.Folder, bench.Write("list", Refused + bench.Url("/status/404") + "\n"), bench.Run("minimal.yaml"));
        Assert.True(run.ExitCode == 0, run.ToString());
        return bench;
    }

    private static async Task<ProgramResult> DlqAsync(Workbench bench, params string[] arguments)
    {
        var result = await AtlasProgram.RunAsync(bench.Folder, input: null, ["dlq", arguments[0], "--state", bench.State, .. arguments[1..]]);
        Assert.True(result.ExitCode == 0, result.ToString());
        return result;
    }

    private static List<JsonElement> Lines(ProgramResult result) =>
        [.. result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
}
