using System.Globalization;
using System.Text.Json;

namespace Atlas.Pipeline.AcceptanceTests;

/// <summary><c>atlas check</c> and <c>atlas duplicates</c>, beside a run and after it.</summary>
public sealed class CheckTests
{
    [Fact]
    public async Task While_a_run_is_at_work_and_after_it_every_URL_is_found_where_it_is()
    {
        await using var bench = await Workbench.OpenAsync();
        using var program = AtlasProgram.Start(bench.Folder, bench.Run("minimal.yaml"));
        var (slow, first, again) = (bench.Url("/slow/4000/100/1"), bench.Url("/page/100/1") + "?b=1&utm_source=x", bench.Url("/page/100/1?b=1#part"));
        await program.WriteAsync($"{first}\n{again}\n{slow}\nfile:///home/notes.html\n");
        await bench.WhenRequestedAsync();

        var during = await UntilAsync(bench, answers => answers[2].GetProperty("state").GetString() == "leased", first, again, slow, "file:///home/notes.html", "http://new.example/");
        program.CloseInput();
        var ended = await program.WaitAsync();
        var after = await CheckAsync(bench, first, again, slow, "file:///home/notes.html", "http://new.example/");

        Assert.Equal([true, true, true, true, false], during.Select(answer => answer.GetProperty("known").GetBoolean()));
        Assert.Equal(["drop", "drop", "drop", "refuse", "admit"], during.Select(answer => answer.GetProperty("verdict").GetString()));
        Assert.Equal(["leased", "refused", "new"], during.Skip(2).Select(answer => answer.GetProperty("state").GetString()));
        Assert.True(ended.ExitCode == 0, ended.ToString());
        Assert.Equal(["done", "done", "done", "refused", "new"], after.Select(answer => answer.GetProperty("state").GetString()));
        Assert.Equal(first, after[1].GetProperty("duplicate_of").GetString());
        Assert.Equal(after[0].GetProperty("content_id").GetString(), after[1].GetProperty("content_id").GetString());
        Assert.Equal(("lines", 0L, 1), (after[1].GetProperty("source").GetString(), after[1].GetProperty("source_offset").GetInt64(), after[1].GetProperty("attempts").GetInt32()));
        Assert.Equal("scheme_file", after[3].GetProperty("reason").GetString());
        Assert.Equal(DateTimeOffset.UtcNow.Date, after[0].GetProperty("first_seen").GetDateTimeOffset().UtcDateTime.Date, TimeSpan.FromDays(1));
    }

    [Fact]
    public async Task For_people_it_shows_no_password_and_says_what_a_run_would_do()
    {
        await using var bench = await Workbench.OpenAsync();
        var pipeline = bench.Write("queue.yaml", Queue("fold_www: true"));
        await RunAsync(bench, pipeline, "http://www.user.example/\nhttp://user:secret@www.a.example/x\n");

        var byState = await AtlasProgram.RunAsync(bench.Folder, input: null, "check", "--state", bench.State, "https://me:hidden@a.example/x", "https://user:secret@a.example/x", "gopher://x/");
        var byYaml = await AtlasProgram.RunAsync(bench.Folder, input: null, "check", pipeline, "--state", bench.State, "https://user.example");

        Assert.True(byState.ExitCode == 0, byState.ToString());
        Assert.DoesNotContain("secret", byState.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden", byState.Output, StringComparison.Ordinal);
        Assert.Contains("new              https://***@a.example/x\n", byState.Output, StringComparison.Ordinal);
        Assert.Contains("known, queued    https://***@a.example/x\n  canonical form  http://***@a.example/x\n", byState.Output, StringComparison.Ordinal);
        Assert.Contains("  came first as   http://***@www.a.example/x\n", byState.Output, StringComparison.Ordinal);
        Assert.Contains("  a run would     refuse it: scheme_unsupported\n", byState.Output, StringComparison.Ordinal);
        Assert.Empty(byState.Errors);
        Assert.StartsWith("known, queued    https://user.example\n", byYaml.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_list_on_stdin_is_answered_line_by_line_in_its_order()
    {
        await using var bench = await Workbench.OpenAsync();
        var pipeline = bench.Write("queue.yaml", Queue(""));
        await RunAsync(bench, pipeline, string.Concat(Enumerable.Range(0, 3000).Select(i => $"http://a.example/{2 * i}\n")));
        var asked = bench.Write("asked", "# a comment\n\n" + string.Concat(Enumerable.Range(0, 5000).Select(i => $"https://A.example/{i}?utm_source=y\n")));

        var result = await AtlasProgram.RunAsync(bench.Folder, asked, "check", "-", "--state", bench.State, "--json");

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal(
            Enumerable.Range(0, 5000).Select(i => (string.Create(CultureInfo.InvariantCulture, $"https://A.example/{i}?utm_source=y"), i % 2 == 0 ? "queued" : "new")),
            Lines(result).Select(answer => (answer.GetProperty("url").GetString()!, answer.GetProperty("state").GetString()!)));
    }

    [Fact]
    public async Task Without_a_state_or_with_a_broken_one_it_says_so()
    {
        await using var bench = await Workbench.OpenAsync();
        Directory.CreateDirectory(bench.State);
        var nothing = await AtlasProgram.RunAsync(bench.Folder, input: null, "check", "http://a/");
        var empty = await AtlasProgram.RunAsync(bench.Folder, input: null, "check", "http://a/", "--state", bench.State);
        await File.WriteAllTextAsync(Path.Combine(bench.State, "ledger.db"), new string('x', 9000), TestContext.Current.CancellationToken);
        var broken = await AtlasProgram.RunAsync(bench.Folder, input: null, "check", "http://a/", "--state", bench.State);

        Assert.Equal((2, 2, 4), (nothing.ExitCode, empty.ExitCode, broken.ExitCode));
        Assert.Contains("--state", nothing.Errors, StringComparison.Ordinal);
        Assert.Contains("There is no ledger", empty.Errors, StringComparison.Ordinal);
        Assert.Contains("ledger.db", broken.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_report_says_what_kinds_of_duplicates_there_were_and_where()
    {
        await using var bench = await Workbench.OpenAsync();
        var pipeline = bench.Write("queue.yaml", Queue(""));
        const string List = "http://a.example/x\nhttp://a.example/x\nhttp://a.example/x?utm_source=1\nhttp://a.example/x#part\nhttp://b.example/\nhttps://b.example\nhttp://A.example:80/x\n";

        var first = await RunAsync(bench, pipeline, List);
        var second = await RunAsync(bench, pipeline, "http://c.example/\nhttp://a.example/x?gclid=2\n");
        var all = await AtlasProgram.RunAsync(bench.Folder, input: null, "duplicates", "--state", bench.State, "--json");
        var people = await AtlasProgram.RunAsync(bench.Folder, input: null, "duplicates", pipeline, "--state", bench.State);

        Assert.Equal("""{"canonical":1,"path":1,"fragment":1,"port":1,"parameters":1}""", Sorted(first.Report.GetProperty("duplicate_kinds")));
        Assert.Equal(["a.example 4 0", "b.example 1 0"], Hosts(first.Report));
        Assert.Equal(5, first.Report.GetProperty("duplicates_by_source").GetProperty("lines").GetProperty("duplicates").GetInt64());
        Assert.Equal("""{"parameters":1}""", Sorted(second.Report.GetProperty("duplicate_kinds")));
        Assert.Equal(["a.example 1 0"], Hosts(second.Report));
        Assert.Equal((9, 6), (all.Report.GetProperty("received").GetInt64(), all.Report.GetProperty("duplicates").GetInt64()));
        Assert.Equal("""{"canonical":1,"path":1,"fragment":1,"port":1,"parameters":2}""", Sorted(all.Report.GetProperty("duplicate_kinds")));
        Assert.Equal(["a.example 5 0", "b.example 1 0"], Hosts(all.Report));
        Assert.StartsWith("6 duplicates among 9 lines.\nkinds\n  parameters                        2  33.3 %\n", people.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_filter_reports_its_duplicates_too()
    {
        await using var bench = await Workbench.OpenAsync();
        var input = bench.Write("list", "http://a.example/\nhttp://a.example/#x\n");
        var report = Path.Combine(bench.Folder, "report.json");

        var result = await AtlasProgram.RunAsync(bench.Folder, input, "run", Workbench.Shipped("filter.yaml"), "--report", report);

        Assert.True(result.ExitCode == 0, result.ToString());
        var written = JsonDocument.Parse(await File.ReadAllTextAsync(report, TestContext.Current.CancellationToken)).RootElement;
        Assert.Equal("""{"fragment":1}""", Sorted(written.GetProperty("duplicate_kinds")));
        Assert.Equal(["a.example 1 0"], Hosts(written));
        Assert.Contains("    fragment 100.0 %\n    most at a.example 1\n", result.Errors, StringComparison.Ordinal);
    }

    private static async Task<ProgramResult> RunAsync(Workbench bench, string pipeline, string list)
    {
        var result = await AtlasProgram.RunAsync(bench.Folder, bench.Write("list", list), "run", pipeline, "--state", bench.State, "--quiet", "--report", "-");
        Assert.True(result.ExitCode == 0, result.ToString());
        return result;
    }

    private static async Task<IReadOnlyList<JsonElement>> CheckAsync(Workbench bench, params string[] urls)
    {
        var result = await AtlasProgram.RunAsync(bench.Folder, input: null, ["check", "--state", bench.State, "--json", .. urls]);
        Assert.True(result.ExitCode == 0, result.ToString());
        return Lines(result);
    }

    private static async Task<IReadOnlyList<JsonElement>> UntilAsync(Workbench bench, Func<IReadOnlyList<JsonElement>, bool> isReached, params string[] urls)
    {
        while (true)
        {
            var answers = await CheckAsync(bench, urls);
            if (isReached(answers))
                return answers;
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
        }
    }

    private static IReadOnlyList<JsonElement> Lines(ProgramResult result) =>
        [.. result.Output.TrimEnd('\n').Split('\n').Select(line => JsonDocument.Parse(line).RootElement)];

    private static IEnumerable<string> Hosts(JsonElement report) =>
        report.GetProperty("worst_hosts").EnumerateArray().Select(host => $"{host.GetProperty("host").GetString()} {host.GetProperty("duplicates").GetInt64()} {host.GetProperty("error").GetInt64()}");

    /// <summary>In the order of the kinds, as kinds that are equally frequent come in any.</summary>
    private static string Sorted(JsonElement kinds) =>
        "{" + string.Join(',', kinds.EnumerateObject().OrderBy(kind => DuplicateKind.Names.ToList().IndexOf(kind.Name)).Select(kind => $"\"{kind.Name}\":{kind.Value.GetInt64()}")) + "}";

    private static string Queue(string normalize) => $$"""
        name: queue
        sources: { lines: { type: stdin } }
        stages:
          normalize: { from: lines, {{normalize}} }
          classify: { from: normalize }
          dedup: { from: classify }
          buffer: { from: dedup }
        """;
}
