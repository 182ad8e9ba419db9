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

    [Fact]
    public async Task After_a_rule_was_changed_it_says_what_would_pass_replays_it_and_writes_it_down()
    {
        await using var bench = await Workbench.OpenAsync();
        var strict = bench.Write("strict.yaml", Queue("rules: [{ host: a.example, strategy: dead_letter }, { host: b.example, strategy: dead_letter }]"));
        var loose = bench.Write("loose.yaml", Queue("rules: [{ host: b.example, strategy: dead_letter }]"));
        await RunAsync(bench, strict, "http://a.example/1\nhttp://a.example/2\nhttp://b.example/\nfile:///x\n");
        await RunAsync(bench, loose, "http://a.example/2#again\n");

        var before = await AtlasProgram.RunAsync(bench.Folder, input: null, "dlq", "reclassify", loose, "--state", bench.State, "--json");
        var people = await AtlasProgram.RunAsync(bench.Folder, input: null, "dlq", "reclassify", loose, "--state", bench.State, "--list");
        var dry = await AtlasProgram.RunAsync(bench.Folder, bench.Write("nobody", ""), "dlq", "replay", loose, "--state", bench.State);
        var replay = await AtlasProgram.RunAsync(bench.Folder, input: null, "dlq", "replay", loose, "--state", bench.State, "--yes");
        var again = await AtlasProgram.RunAsync(bench.Folder, input: null, "dlq", "replay", loose, "--state", bench.State, "--yes");
        var left = await DlqAsync(bench, "list", "--json");
        var history = await DlqAsync(bench, "history", "--json");
        var queued = await AtlasProgram.RunAsync(bench.Folder, input: null, "check", "--state", bench.State, "http://a.example/1", "--json");

        Assert.Equal(
            ["ruled_out duplicate  1", "ruled_out pass  1", "ruled_out refuse ruled_out 1", "scheme_file refuse scheme_file 1"],
            Lines(before).Select(count => $"{count.GetProperty("reason").GetString()} {count.GetProperty("verdict").GetString()} {(count.TryGetProperty("refusal", out var refusal) ? refusal.GetString() : "")} {count.GetProperty("count").GetInt64()}").Order());
        Assert.Contains("Of 4 dead letters 1 would pass now, 1 would pass and are known already, 2 would be refused again.", people.Errors, StringComparison.Ordinal);
        Assert.Contains("pass                          http://a.example/1\n", people.Output, StringComparison.Ordinal);
        Assert.Contains("4 dead letters would be replayed (all).", dry.Errors, StringComparison.Ordinal);
        Assert.Equal(2, dry.ExitCode);
        Assert.Contains("Nothing was done: give --yes", dry.Errors, StringComparison.Ordinal);
        Assert.True(replay.ExitCode == 0, replay.ToString());
        Assert.Equal("Of 4 dead letters 2 are none any more: admitted, queued again, or known already. 2 were refused again and stay.\n", replay.Output);
        Assert.Contains("2 of them were replayed by this filter before, in vain, and are left out", again.Errors, StringComparison.Ordinal);
        Assert.Equal("", again.Output);
        Assert.Equal(["ruled_out all", "scheme_file all"], Lines(left).Select(letter => $"{letter.GetProperty("reason").GetString()} {letter.GetProperty("replayed")[0].GetProperty("filter").GetString()}").Order());
        var act = Assert.Single(Lines(history));
        Assert.Equal(("replay", "all", 4, Environment.UserName), (act.GetProperty("act").GetString(), act.GetProperty("filter").GetString(), act.GetProperty("count").GetInt32(), act.GetProperty("who").GetString()));
        Assert.Equal("queued", Assert.Single(Lines(queued)).GetProperty("state").GetString());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_replay_that_is_killed_or_told_to_end_goes_on_with_what_is_left_and_takes_no_letter_twice(bool isKilled)
    {
        const int Count = 6_000;
        await using var bench = await Workbench.OpenAsync();
        var (strict, loose) = (bench.Write("strict.yaml", Queue("rules: [{ host: a.example, strategy: dead_letter }]")), bench.Write("loose.yaml", Queue("rules: default")));
        await RunAsync(bench, strict, string.Concat(Enumerable.Range(0, Count).Select(i => $"http://a.example/{i}\n")));

        using var program = AtlasProgram.Start(bench.Folder, "dlq", "replay", loose, "--state", bench.State, "--yes", "--rate", "4000");
        program.CloseInput();
        while (Scalar(bench, "SELECT count(*) FROM processing_queue") < Count / 5)
            await Task.Delay(5, TestContext.Current.CancellationToken);
        if (isKilled)
            program.Kill();
        else
            program.Signal("INT");
        var cut = await program.WaitAsync();
        var there = Scalar(bench, "SELECT count(*) FROM processing_queue");
        var other = await AtlasProgram.RunAsync(bench.Folder, input: null, "dlq", "replay", loose, "--state", bench.State, "--yes", "--reason", "ruled_out");
        var purge = await AtlasProgram.RunAsync(bench.Folder, input: null, "dlq", "purge", "--state", bench.State, "--yes");
        var rest = await AtlasProgram.RunAsync(bench.Folder, input: null, "dlq", "replay", loose, "--state", bench.State, "--resume");
        var nothing = await AtlasProgram.RunAsync(bench.Folder, input: null, "dlq", "replay", loose, "--state", bench.State, "--resume");
        var fsck = await AtlasProgram.RunAsync(bench.Folder, input: null, "fsck", "--state", bench.State);

        Assert.InRange(there, Count / 5, Count - 1);
        if (!isKilled)
            Assert.Contains("what is left goes on with --resume", cut.Errors, StringComparison.Ordinal);
        Assert.Equal(isKilled ? 137 : 1, cut.ExitCode);
        Assert.Equal((2, 2), (other.ExitCode, purge.ExitCode));
        Assert.Contains("was cut short", other.Errors, StringComparison.Ordinal);
        Assert.Equal("Of 6,000 dead letters 6,000 are none any more: admitted, queued again, or known already. 0 were refused again and stay.\n", rest.Output);
        Assert.Contains("No replay was cut short here.", nothing.Errors, StringComparison.Ordinal);
        Assert.Equal((Count, Count, 0), (Scalar(bench, "SELECT count(*) FROM processing_queue"), Scalar(bench, "SELECT count(DISTINCT content_id) FROM processing_queue"), Scalar(bench, "SELECT count(*) FROM dead_letter_queue")));
        Assert.True(fsck.ExitCode == 0, fsck.ToString());
    }

    [Fact]
    public async Task What_is_purged_is_in_a_file_that_can_be_imported_again()
    {
        await using var bench = await DeadAsync();
        var (before, after, file, other) = (Path.Combine(bench.Folder, "before.jsonl"), Path.Combine(bench.Folder, "after.jsonl"), Path.Combine(bench.Folder, "purged.jsonl"), Path.Combine(bench.Folder, "other"));
        await DlqAsync(bench, "export", "--out", before);

        var purge = await DlqAsync(bench, "purge", "--reason", "scheme_file", "--backup", file, "--yes");
        var left = await DlqAsync(bench, "list", "--count");
        var dry = await AtlasProgram.RunAsync(bench.Folder, bench.Write("nobody", ""), "dlq", "import", before, "--state", bench.State);
        var import = await AtlasProgram.RunAsync(bench.Folder, input: null, "dlq", "import", file, "--state", bench.State, "--yes");
        var again = await AtlasProgram.RunAsync(bench.Folder, input: null, "dlq", "import", file, "--state", bench.State, "--yes");
        var elsewhere = await AtlasProgram.RunAsync(bench.Folder, input: null, "dlq", "import", before, "--state", other, "--yes");
        var exported = await AtlasProgram.RunAsync(bench.Folder, input: null, "dlq", "export", "--state", other, "--out", after);
        var history = await DlqAsync(bench, "history", "--json");
        var fsck = await AtlasProgram.RunAsync(bench.Folder, input: null, "fsck", "--state", bench.State);

        Assert.Equal("2 dead letters deleted.\n", purge.Output);
        Assert.Equal("3\n", left.Output);
        Assert.Contains("2 dead letters would be imported; 3 are there already.", dry.Errors, StringComparison.Ordinal);
        Assert.Equal("2 dead letters imported.\n", import.Output);
        Assert.Contains("0 dead letters would be imported; 2 are there already.", again.Errors, StringComparison.Ordinal);
        Assert.Equal((0, 0, 0), (again.ExitCode, elsewhere.ExitCode, exported.ExitCode));
        Assert.Equal(await WithoutNumbersAsync(before), await WithoutNumbersAsync(after));
        Assert.Contains("me:secret@", await File.ReadAllTextAsync(after, TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Equal(["import 2", "purge 2"], Lines(history).Select(act => $"{act.GetProperty("act").GetString()} {act.GetProperty("count").GetInt64()}"));
        Assert.True(fsck.ExitCode == 0, fsck.ToString());
    }

    [Fact]
    public async Task Lines_that_are_no_letters_are_named_and_the_others_are_imported()
    {
        await using var bench = await Workbench.OpenAsync();
        var file = bench.Write("letters.jsonl", "{\"url\":\"http://a.example/\",\"reason\":\"http_404\"}\nnonsense\n{\"url\":\"http://b.example/\"}\n\n{\"url\":\"http://c.example/\",\"reason\":\"lost_at_sea\",\"error\":\"waves\",\"attempts\":-1}\n{\"url\":\"http://d.example/\",\"reason\":\"lost_at_sea\",\"error\":\"waves\"}\n");

        var import = await AtlasProgram.RunAsync(bench.Folder, input: null, "dlq", "import", file, "--state", bench.State, "--yes");
        var list = await DlqAsync(bench, "list", "--json");

        Assert.Equal(1, import.ExitCode);
        Assert.Contains("letters.jsonl(2): is no JSON", import.Errors, StringComparison.Ordinal);
        Assert.Contains("letters.jsonl(3): reason: is missing.", import.Errors, StringComparison.Ordinal);
        Assert.Contains("letters.jsonl(5): attempts: must be a whole number", import.Errors, StringComparison.Ordinal);
        Assert.Equal(["http_404 http_404", "lost_at_sea waves"], Lines(list).Select(letter => $"{letter.GetProperty("reason").GetString()} {letter.GetProperty("error").GetString()}").Order());
    }

    [Fact]
    public async Task What_people_write_to_a_letter_stays_and_what_they_hold_back_is_not_replayed_until_it_is_released()
    {
        await using var bench = await DeadAsync();

        var letter = Lines(await DlqAsync(bench, "list", "--json", "--reason", "http_404"))[0].GetProperty("seq").GetRawText();
        await DlqAsync(bench, "note", letter, "they are moving");
        await DlqAsync(bench, "note", letter, "they have moved");
        var noted = await DlqAsync(bench, "show", letter, "--json");
        var nobody = await AtlasProgram.RunAsync(bench.Folder, input: null, "dlq", "note", "4711", "x", "--state", bench.State);
        await DlqAsync(bench, "hold", "--reason", "http_404", "--host", "Files.example.co.uk", "--note", "ask them first");
        var held = await DlqAsync(bench, "hold", "--json");
        var dry = await AtlasProgram.RunAsync(bench.Folder, bench.Write("nobody", ""), ["dlq", "replay", Workbench.Shipped("minimal.yaml"), "--state", bench.State]);
        var release = await DlqAsync(bench, "release", "--reason", "http_404");
        var missing = await AtlasProgram.RunAsync(bench.Folder, input: null, "dlq", "release", "--state", bench.State, "--host", "never.example");

        Assert.Equal("they have moved", Lines(noted)[0].GetProperty("notes").GetString());
        Assert.Equal(1, nobody.ExitCode);
        Assert.Equal(["files.example.co.uk", "http_404"], Lines(held).Select(line => (line.TryGetProperty("host", out var host) ? host : line.GetProperty("reason")).GetString()));
        Assert.Contains("2 of them are held back", dry.Errors, StringComparison.Ordinal);
        Assert.Contains("3 dead letters would be replayed", dry.Errors, StringComparison.Ordinal);
        Assert.Contains("Released: reason http_404.", release.Errors, StringComparison.Ordinal);
        Assert.Equal(1, missing.ExitCode);
    }

    private static long Scalar(Workbench bench, string sql)
    {
        using var ledger = bench.OpenLedger();
        return ledger.Scalar(sql);
    }

    private static async Task<string[]> WithoutNumbersAsync(string file) =>
        [.. (await File.ReadAllLinesAsync(file, TestContext.Current.CancellationToken)).Select(line => line[line.IndexOf(',', StringComparison.Ordinal)..])];

    private static string Queue(string classify) =>
        $$"""
        name: queue
        sources: { lines: { type: stdin } }
        stages:
          normalize: { from: lines }
          classify: { from: normalize, {{classify}} }
          dedup: { from: classify, expected_urls: 10000 }
          buffer: { from: dedup }
        """;

    private static async Task RunAsync(Workbench bench, string pipeline, string list)
    {
        var result = await AtlasProgram.RunAsync(bench.Folder, bench.Write("list", list), "run", pipeline, "--state", bench.State, "--quiet");
        Assert.True(result.ExitCode == 0, result.ToString());
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
