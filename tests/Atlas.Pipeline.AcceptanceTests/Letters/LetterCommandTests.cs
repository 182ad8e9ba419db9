using static Atlas.Pipeline.AcceptanceTests.Letters.LetterBench;

namespace Atlas.Pipeline.AcceptanceTests.Letters;

/// <summary>What commands about dead letters take, refuse and confirm.</summary>
public sealed class LetterCommandTests
{
    [Theory]
    [InlineData("stats --top 0", "--top: must be at least 1, got 0.")]
    [InlineData("history --limit 0", "--limit: must be at least 1, got 0.")]
    [InlineData("list --limit -1", "--limit: must be at least 1, got -1.")]
    [InlineData("list --reason scheme_file,", "--reason: '' is no reason.")]
    [InlineData("list --source ,", "--source: '' is no source.")]
    [InlineData("export --out missing/letters.jsonl", "missing; make it first.")]
    [InlineData("purge --yes --backup missing/letters.jsonl", "missing; make it first.")]
    public async Task What_makes_no_sense_is_refused(string command, string message)
    {
        await using var bench = await RefusedAsync("file:///x\n");

        var refused = await bench.TryAsync(command.Split(' '));

        Assert.Equal(2, refused.ExitCode);
        Assert.Contains(message, refused.Errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(bench.Folder, "missing")));
    }

    [Theory]
    [InlineData("--reason", "http_404")]
    [InlineData("--kind", "died")]
    [InlineData("--again", null)]
    public async Task To_go_on_with_a_replay_takes_no_filter(string option, string? value)
    {
        await using var bench = await RefusedAsync("file:///x\n");

        var refused = await AtlasProgram.RunAsync(bench.Folder, input: null, ["dlq", "replay", Path.Combine(bench.Folder, "strict.yaml"), "--state", bench.State, "--resume", option, .. value is null ? (string[])[] : [value]]);

        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("--resume goes on with the letters that were chosen when the replay began", refused.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Choices_may_stand_behind_one_another_with_commas_between()
    {
        await using var bench = await RefusedAsync("file:///x\nftp://h.test/\nhttp://a.example/\nhttp://b.a.example/\n");

        foreach (var (expected, filter) in (IEnumerable<(int, string[])>)
        [
            (2, ["--reason", "scheme_file,ruled_out"]), (3, ["--reason", "scheme_file, ruled_out", "--reason", "scheme_unsupported"]), (3, ["--class", "policy,poison"]),
            (3, ["--stage", "classify,fetch"]), (2, ["--host", "a.example,H.test"]), (2, ["--domain", "h.test,a.example"]), (3, ["--source", "lines,others"]),
        ])
        {
            var count = await bench.DlqAsync(["list", "--count", .. filter]);
            Assert.Equal(string.Join(' ', filter) + ": " + expected, string.Join(' ', filter) + ": " + count.Output.Trim());
        }

        Assert.Contains("reason http_403, reason http_404", (await bench.DlqAsync("hold", "--reason", "http_403,http_404")).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_note_says_on_which_letter_it_stands_and_what_stood_there_before()
    {
        await using var bench = await RefusedAsync("http://me:secret@a.example/x\n");

        var first = await bench.DlqAsync("note", "1", "ask bob@example.org");
        var second = await bench.DlqAsync("note", "1", "they moved");
        var none = await bench.DlqAsync("note", "1", "");

        Assert.Contains("Noted on 1 (ruled_out, http://***@a.example/x): ask bob@example.org", first.Errors, StringComparison.Ordinal);
        Assert.Contains("Noted on 1 (ruled_out, http://***@a.example/x): they moved\nThe note before was: ask bob@example.org", second.Errors, StringComparison.Ordinal);
        Assert.Contains("The note on 1 (ruled_out, http://***@a.example/x) is gone; it was: they moved", none.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_import_that_nobody_has_agreed_to_leaves_nothing()
    {
        await using var bench = await OpenAsync();
        var file = bench.Bench.Write("letters.jsonl", """{"url":"http://a.example/","reason":"http_404"}""" + "\n");

        var dry = await bench.TryAsync("import", file);

        Assert.Equal(2, dry.ExitCode);
        Assert.Contains("1 dead letters would be imported", dry.Errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(bench.State));
    }

    [Fact]
    public async Task Reasons_that_this_program_does_not_know_are_kept_counted_and_shown_by_their_names()
    {
        await using var bench = await OpenAsync();
        var file = bench.Bench.Write("letters.jsonl", """
            {"url":"http://a.example/","reason":"lost_at_sea"}
            {"url":"http://b.example/","reason":"lost_at_sea"}
            {"url":"http://c.example/","reason":"eaten"}
            {"url":"http://d.example/","reason":"http_404"}

            """);

        await bench.DlqAsync("import", file, "--yes");
        var stats = await bench.DlqAsync("stats", "--json");
        var chosen = await bench.DlqAsync("list", "--class", "none", "--json");
        var today = await bench.DlqAsync("reclassify", "--json");
        var fsck = await AtlasProgram.RunAsync(bench.Folder, input: null, "fsck", "--state", bench.State);

        Assert.Equal(["lost_at_sea 2", "eaten 1", "http_404 1"], Lines(stats).Select(count => $"{count.GetProperty("reason").GetString()} {count.GetProperty("count").GetInt64()}"));
        Assert.Equal(3, Lines(chosen).Count);
        Assert.Equal(["eaten", "http_404", "lost_at_sea"], Lines(today).Select(line => line.GetProperty("reason").GetString()).Order());
        Assert.True(fsck.ExitCode == 0, fsck.ToString());
    }

    [Fact]
    public async Task A_document_export_does_not_make_a_directory_that_is_not_there()
    {
        await using var bench = await RefusedAsync("http://b.example/\n");

        var refused = await AtlasProgram.RunAsync(bench.Folder, input: null, "export", "--state", bench.State, "--out", "missing/documents.jsonl");

        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("make it first", refused.Errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(bench.Folder, "missing")));
    }

    [Fact]
    public async Task What_came_back_by_a_replay_was_first_seen_when_its_line_came()
    {
        await using var bench = await RefusedAsync("http://a.example/x\n");
        var before = Lines(await bench.DlqAsync("list", "--json"))[0].GetProperty("first_seen").GetString();
        await Task.Delay(20, TestContext.Current.CancellationToken);

        await AtlasProgram.RunAsync(bench.Folder, input: null, "dlq", "replay", bench.Pipeline("loose.yaml", "rules: default"), "--state", bench.State, "--yes");
        var check = await AtlasProgram.RunAsync(bench.Folder, input: null, "check", "--state", bench.State, "http://a.example/x", "--json");

        Assert.Equal(("queued", before), (check.Report.GetProperty("state").GetString(), check.Report.GetProperty("first_seen").GetString()));
    }

    [Fact]
    public async Task A_content_id_shows_every_letter_that_has_it_and_an_import_takes_each_once()
    {
        await using var bench = await OpenAsync();
        var file = bench.Bench.Write("letters.jsonl", """
            {"url":"http://a.example/","reason":"http_404","first_seen":"2026-01-01T00:00:00Z","source":"one"}
            {"url":"http://a.example/","reason":"timeout","first_seen":"2026-01-02T00:00:00Z","source":"two"}

            """);

        var import = await bench.DlqAsync("import", file, "--yes");
        var again = await bench.DlqAsync("import", file, "--yes");
        var listed = Lines(await bench.DlqAsync("list", "--json"));
        var shown = await bench.DlqAsync("show", listed[0].GetProperty("content_id").GetString()!, "--json");

        Assert.Equal("2 dead letters imported.\n", import.Output);
        Assert.Contains("0 dead letters would be imported; 2 are there already", again.Errors, StringComparison.Ordinal);
        Assert.Equal(2, Lines(shown).Count);
    }
}
