using System.Diagnostics;

namespace Atlas.Pipeline.LoadTests.Fetching;

/// <summary>Who takes part: the program itself, what it takes without a library, and the tools that people use. What is not installed is named and left out.</summary>
internal static class Contestants
{
    public const string Atlas = "atlas";

    /// <summary>The bar.</summary>
    public const string Batch = "dotnet-batch";

    public static IReadOnlyList<Contestant> All(string atlas, int concurrency)
    {
        var plain = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "Atlas.PlainFetch", Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)), "Atlas.PlainFetch"));
        var here = Path.Combine(AppContext.BaseDirectory, "Fetching");
        return
        [
            new(Atlas, "the program: canonical forms, dedup, robots.txt, priority buffer, every page and its outcome synced before it counts as done",
                $"exec '{atlas}' run --quiet '{{urls}}.yaml' --state '{{out}}/state' --report '{{out}}/report.json' < '{{urls}}'", MissingFile(atlas)),
            new(Batch, "Atlas.PlainFetch: HttpClient, a channel, SQLite with 500 pages to a transaction (WAL, NORMAL), no robots.txt",
                $"exec '{plain}' batch '{{out}}' {concurrency} < '{{urls}}'", MissingFile(plain)),
            new("dotnet-nosave", "the same, nothing kept: what HttpClient does", $"exec '{plain}' nosave '{{out}}' {concurrency} < '{{urls}}'", MissingFile(plain)),
            new("curl", "curl --parallel, a file a page", $"exec curl -s -Z --parallel-immediate --parallel-max {concurrency} -K '{{urls}}.own' --output-dir '{{out}}' 2> /dev/null",
                MissingTool("curl"), (url, i) => $"url = \"{url}\"\noutput = \"{i}\""),
            new("aria2c", "a file a page", $"exec aria2c -q -i '{{urls}}.own' -d '{{out}}' -j {concurrency} -x1 -s1 --file-allocation=none --auto-save-interval=0 --summary-interval=0 --max-tries=1",
                MissingTool("aria2c"), (url, i) => $"{url}\n  out={i}") { IsSlow = true },
            new("node-http", "node's own client, JSON lines", $"exec node '{here}/fetch-http.mjs' '{{out}}' {concurrency} < '{{urls}}'", MissingTool("node")),
            new("undici", "undici.request, JSON lines", $"exec node '{here}/fetch-undici.cjs' '{{out}}' {concurrency} < '{{urls}}'", MissingModule("undici")),
            new("crawlee", "Crawlee's HttpCrawler in memory, JSON lines", $"exec node '{here}/fetch-crawlee.cjs' '{{out}}' {concurrency} < '{{urls}}'", MissingModule("crawlee")) { IsSlow = true },
            new("scrapy", "Scrapy with its queue for broad crawls, JSON lines", $"exec scrapy runspider '{here}/scrapy_list.py' -a folder='{{out}}' -s CONCURRENT_REQUESTS={concurrency} -s CONCURRENT_REQUESTS_PER_DOMAIN={concurrency} < '{{urls}}'", MissingTool("scrapy")) { IsSlow = true },
        ];
    }

    private static string? MissingFile(string path) => File.Exists(path) ? null : $"{path} is not there: make build";

    private static string? MissingTool(string tool) => Succeeds($"command -v {tool}") ? null : $"{tool} is not on the PATH";

    private static string? MissingModule(string module) => Succeeds($"node -e \"require.resolve('{module}')\"") ? null : $"node does not find {module} (NODE_PATH)";

    private static bool Succeeds(string command)
    {
        using var shell = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", $"{command} > /dev/null 2>&1"]))!;
        shell.WaitForExit();
        return shell.ExitCode == 0;
    }
}
