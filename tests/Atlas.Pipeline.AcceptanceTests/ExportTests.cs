using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Atlas.Pipeline.Tests.Export;
using Atlas.ScriptedWeb;

namespace Atlas.Pipeline.AcceptanceTests;

/// <summary><c>atlas export</c>, compared with what the web has served.</summary>
public sealed class ExportTests
{
    private static readonly string[] Paths = ["/page/300/1", "/page/5000/2", "/gzip/4000/3", "/br/2000/4", "/redirect/2/page/700/5", "/page/0/6", "/headers/20/7", "/slow/10/900/8"];

    [Fact]
    public async Task Json_lines_have_every_page_as_the_web_has_served_it()
    {
        await using var bench = await CrawledAsync();

        var result = await AtlasProgram.RunAsync(bench.Folder, input: null, "export", Workbench.Shipped("minimal.yaml"), "--state", bench.State);

        Assert.True(result.ExitCode == 0, result.ToString());
        var lines = result.Output.TrimEnd('\n').Split('\n').Select(line => JsonDocument.Parse(line).RootElement).ToDictionary(line => line.TryGetProperty("aliases", out var aliases) ? aliases[0].GetString()! : line.GetProperty("url").GetString()!);
        Assert.Equal(Paths.Select(path => bench.Url(path)).Order(StringComparer.Ordinal), lines.Keys.Order(StringComparer.Ordinal));
        foreach (var path in Paths)
        {
            var (line, served) = (lines[bench.Url(path)], Served(path));
            Assert.Equal(Encoding.UTF8.GetString(served), line.GetProperty("body").GetString());
            Assert.Equal(("text", served.Length), (line.GetProperty("body_encoding").GetString(), line.GetProperty("bytes").GetInt32()));
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(served)), line.GetProperty("sha256").GetString());
        }

        Assert.Contains("8 documents exported.", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_archive_has_every_page_and_what_was_said_around_it_and_is_the_same_each_time()
    {
        await using var bench = await CrawledAsync();
        string[] export = ["export", "--state", bench.State, "--format", "warc", "--quiet", "--out"];

        var result = await AtlasProgram.RunAsync(bench.Folder, input: null, [.. export, "one"]);
        var again = await AtlasProgram.RunAsync(bench.Folder, input: null, [.. export, "two"]);
        var refused = await AtlasProgram.RunAsync(bench.Folder, input: null, [.. export, "one"]);
        var forced = await AtlasProgram.RunAsync(bench.Folder, input: null, [.. export, "one", "--force", "--max-file-bytes", "2000"]);

        Assert.Equal((0, "", ""), (result.ExitCode, result.Output, result.Errors));
        var file = await File.ReadAllBytesAsync(Path.Combine(bench.Folder, "two", "atlas-00000.warc.gz"), TestContext.Current.CancellationToken);
        var records = StrictWarc.ReadGzip(file);
        Assert.Equal(Paths.Length, records.Count(record => record.Type == "response"));
        foreach (var path in Paths)
        {
            var response = records.Single(record => record.Type == "response" && record["WARC-Target-URI"] == bench.Url(path.Replace("/redirect/2", "", StringComparison.Ordinal)));
            Assert.Equal(Served(path), response.Payload);
            Assert.Equal(("127.0.0.1", "http/1.1"), (response["WARC-IP-Address"], response["WARC-Protocol"]));
            Assert.Equal(path[1] switch { 'g' => "gzip", 'b' => "br", _ => null }, response.HttpField("X-Crawler-Content-Encoding"));
            var request = records.Single(record => record.Type == "request" && record["WARC-Concurrent-To"] == response["WARC-Record-ID"]);
            Assert.StartsWith($"GET {new Uri(response["WARC-Target-URI"]!).PathAndQuery} HTTP/1.1\r\nHost: 127.0.0.1:{bench.Site.Port}\r\nUser-Agent: ", Encoding.ASCII.GetString(request.Block), StringComparison.Ordinal);
        }

        Assert.Equal((0, 2, 0), (again.ExitCode, refused.ExitCode, forced.ExitCode));
        Assert.Contains("--force", refused.Errors, StringComparison.Ordinal);
        var parts = Directory.GetFiles(Path.Combine(bench.Folder, "one"));
        Assert.InRange(parts.Length, 2, 20);
        Assert.Equal(records.Count + parts.Length - 1, parts.Sum(part => StrictWarc.ReadGzip(File.ReadAllBytes(part)).Count));
    }

    [Fact]
    public async Task A_table_and_the_choices_of_documents()
    {
        await using var bench = await CrawledAsync();
        string[] csv = ["export", "--state", bench.State, "--format", "csv", "--quiet"];

        var all = await AtlasProgram.RunAsync(bench.Folder, input: null, csv);
        var none = await AtlasProgram.RunAsync(bench.Folder, input: null, [.. csv, "--until", "2020-01-01"]);
        var chosen = await AtlasProgram.RunAsync(bench.Folder, input: null, [.. csv, "--host", "127.0.0.1", "--since", "2020-01-01T00:00:00Z", "--status", "200", "--source", "lines", "--content-type", "text/", "--out", "documents.csv"]);
        var mistaken = await AtlasProgram.RunAsync(bench.Folder, input: null, [.. csv, "--host", "a/b", "--since", "yesterday", "--compress", "gzip", "--no-bodies"]);

        Assert.Equal(Paths.Length + 1, all.Output.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Single(none.Output.Split("\r\n", StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal((0, ""), (chosen.ExitCode, chosen.Output));
        Assert.Equal(all.Output, await File.ReadAllTextAsync(Path.Combine(bench.Folder, "documents.csv"), TestContext.Current.CancellationToken));
        Assert.Equal((2, 4), (mistaken.ExitCode, mistaken.Errors.TrimEnd('\n').Split('\n').Length));
    }

    [Fact]
    public async Task Beside_a_run_there_is_what_it_has_recorded_and_the_run_goes_on()
    {
        await using var bench = await Workbench.OpenAsync();
        using var run = AtlasProgram.Start(bench.Folder, bench.Run("minimal.yaml"));
        await run.WriteAsync(string.Concat(Enumerable.Range(0, 300).Select(i => bench.Url($"/slow/20/400/{i}", host: 1 + (i % 4)) + "\n")));
        await bench.WhenRequestedAsync();

        var counts = new List<int>();
        while (counts.Count < 3 || counts[^1] == 0)
        {
            var beside = await AtlasProgram.RunAsync(bench.Folder, input: null, "export", "--state", bench.State, "--format", "warc", "--compress", "none", "--quiet");
            Assert.True(beside.ExitCode == 0, beside.ToString());
            counts.Add(StrictWarc.Read(Encoding.UTF8.GetBytes(beside.Output)).Count(record => record.Type == "response"));
        }

        run.CloseInput();
        var ended = await run.WaitAsync();
        var after = await AtlasProgram.RunAsync(bench.Folder, input: null, "export", "--state", bench.State, "--no-bodies", "--quiet");
        Assert.True(ended.ExitCode == 0, ended.ToString());
        Assert.Equal(counts.Order(), counts);
        Assert.Equal(300, after.Output.Count(letter => letter == '\n'));
    }

    [Fact]
    public async Task After_a_kill_there_is_what_was_recorded()
    {
        await using var bench = await Workbench.OpenAsync();
        using var run = AtlasProgram.Start(bench.Folder, bench.Run("minimal.yaml"));
        await run.WriteAsync(string.Concat(Enumerable.Range(0, 500).Select(i => bench.Url($"/slow/20/400/{i}", host: 1 + (i % 4)) + "\n")));
        while (Recorded(bench) < 20)
            await Task.Delay(20, TestContext.Current.CancellationToken);
        run.Kill();
        await run.WaitAsync();
        var recorded = Recorded(bench);

        var result = await AtlasProgram.RunAsync(bench.Folder, input: null, "export", "--state", bench.State, "--quiet");

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal(recorded, result.Output.Count(letter => letter == '\n'));
    }

    [Fact]
    public async Task What_is_damaged_is_named_and_ends_in_exit_code_4_with_all_others_written()
    {
        await using var bench = await CrawledAsync();
        using (var ledger = SqliteConnectionOf(bench))
            ledger.Execute("UPDATE content_metadata SET body_offset = body_offset + 1 WHERE source_url LIKE '%/page/5000/2'");

        var result = await AtlasProgram.RunAsync(bench.Folder, input: null, "export", "--state", bench.State, "--out", "documents.jsonl", "--quiet");
        var nothing = await AtlasProgram.RunAsync(bench.Folder, input: null, "export");

        Assert.True(result.ExitCode == 4, result.ToString());
        Assert.StartsWith($"damaged: {bench.Url("/page/5000/2")} (", result.Errors, StringComparison.Ordinal);
        Assert.Contains("1 documents are damaged and were left out.", result.Errors, StringComparison.Ordinal);
        Assert.Equal(Paths.Length - 1, (await File.ReadAllLinesAsync(Path.Combine(bench.Folder, "documents.jsonl"), TestContext.Current.CancellationToken)).Length);
        Assert.Equal(2, nothing.ExitCode);
    }

    /// <summary>A reader that others have written. Skipped where it is not installed: <c>npm install warcio</c> somewhere and name the directory in ATLAS_WARCIO.</summary>
    [Fact]
    public async Task An_independent_reader_finds_every_record_and_every_digest_right()
    {
        var warcio = Environment.GetEnvironmentVariable("ATLAS_WARCIO");
        Assert.SkipWhen(warcio is null, "ATLAS_WARCIO names no directory in which warcio.js is installed.");
        await using var bench = await CrawledAsync("/page/300/1?again");
        var script = bench.Write("read.mjs", """
            import fs from "node:fs";
            import { createRequire } from "node:module";
            const { WARCParser } = createRequire(process.argv[2] + "/")("warcio");
            const parser = new WARCParser(fs.createReadStream(process.argv[3]), { verifyDigests: true });
            for await (const record of parser) {
              const body = await record.readFully(false);
              console.log([record.warcType, record.warcTargetURI ?? "", record.httpHeaders?.statusCode ?? "", body?.length ?? 0].join(" "));
            }
            """);
        var export = await AtlasProgram.RunAsync(bench.Folder, input: null, "export", "--state", bench.State, "--format", "warc", "--out", "a.warc.gz", "--quiet");
        Assert.True(export.ExitCode == 0, export.ToString());

        using var node = Process.Start(new ProcessStartInfo("node", [script, warcio!, Path.Combine(bench.Folder, "a.warc.gz")]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (output, errors) = (node.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken), node.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
        await node.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.True(node.ExitCode == 0 && (await errors).Length == 0, await errors + await output);
        var lines = (await output).TrimEnd('\n').Split('\n');
        Assert.Equal(1 + (3 * (Paths.Length + 1)), lines.Length);
        foreach (var path in Paths)
            Assert.Contains($"response {bench.Url(path.Replace("/redirect/2", "", StringComparison.Ordinal))} 200 {Served(path).Length}", lines);
    }

    private static async Task<Workbench> CrawledAsync(params string[] more)
    {
        var bench = await Workbench.OpenAsync();
        var input = bench.Write("list", string.Concat(Paths.Concat(more).Select(path => bench.Url(path) + "\n")));
        var run = await AtlasProgram.RunAsync(bench.Folder, input, bench.Run("minimal.yaml"));
        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.Equal(Paths.Length + more.Length, run.Report.GetProperty("done").GetInt64() - run.Report.GetProperty("aliases").GetInt64());
        return bench;
    }

    /// <summary>A page is made from its target, as it is asked for at last.</summary>
    private static byte[] Served(string path)
    {
        var target = path.Replace("/redirect/2", "", StringComparison.Ordinal);
        var parts = target.Split('/');
        var size = parts[1] switch { "slow" => parts[3], "headers" => "512", _ => parts[2] };
        return Pages.Html(int.Parse(size, System.Globalization.CultureInfo.InvariantCulture), target);
    }

    private static long Recorded(Workbench bench)
    {
        if (!File.Exists(Path.Combine(bench.State, "ledger.db")))
            return 0;
        try
        {
            using var ledger = bench.OpenLedger();
            return ledger.Scalar("SELECT count(*) FROM content_metadata");
        }
        catch (Ledger.LedgerException)
        {
            // The very first look may come before the tables.
            return 0;
        }
    }

    private static Ledger.SqlConnection SqliteConnectionOf(Workbench bench) => Ledger.SqlConnection.Open(Path.Combine(bench.State, "ledger.db"));
}
