using System.Globalization;
using System.Text;
using Atlas.Pipeline.LoadTests;
using Atlas.ScriptedWeb;

// What the machine does with whole pipelines: admission of new and of known URLs, and fetching. Figures are of one run; see loadtests/results for what they mean.
var lines = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 2_000_000;
var admission = $$"""
    name: bench
    sources: { lines: { type: stdin } }
    stages:
      normalize: { from: lines, parallelism: 2 }
      classify: { from: normalize }
      dedup: { from: classify, expected_urls: {{lines}} }
      buffer: { from: dedup }
    """;
var folder = Directory.CreateTempSubdirectory("atlas-bench-").FullName;
try
{
    var list = Path.Combine(folder, "list");
    await WriteNewAsync(list, lines);
    var state = Path.Combine(folder, "state");
    await ReportAsync("admission, all new, durable", admission, list, state);
    await ReportAsync("admission, all known", admission, list, state);
    await FetchAsync(folder);
}
finally
{
    Directory.Delete(folder, recursive: true);
}

static async Task WriteNewAsync(string path, int lines)
{
    await using var file = new StreamWriter(path, append: false, Encoding.ASCII, 1 << 16);
    for (var i = 0; i < lines; i++)
        await file.WriteAsync(string.Create(CultureInfo.InvariantCulture, $"https://www.host{i % 5000}.example/section/{i % 97}/article-{i}?id={i}&view=full&lang=en\n"));
}

static async Task ReportAsync(string what, string yaml, string list, string state)
{
    await using var input = File.OpenRead(list);
    var run = await Measured.RunAsync(yaml, state, input);
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"{what,-30} {run.Books.Received / run.Seconds / 1e6,8:0.000} M URLs/s   {run.AllocatedBytes / (double)run.Books.Received,8:0.0} B allocated per URL   balanced {run.Books.Balance}"));
}

static async Task FetchAsync(string folder)
{
    await using var site = await ScriptedSite.StartAsync();
    var text = new StringBuilder();
    for (var i = 0; i < 20_000; i++)
        text.Append(CultureInfo.InvariantCulture, $"http://127.0.{i % 4}.{1 + (i % 250)}:{site.Port}/page/10000/{i}\n");
    var yaml = string.Create(CultureInfo.InvariantCulture, $$"""
        name: bench
        sources: { lines: { type: stdin } }
        stages:
          normalize: { from: lines }
          classify: { from: normalize }
          dedup: { from: classify }
          buffer: { from: dedup }
          fetch: { from: buffer, concurrency: 128, per_host_delay_ms: 0, robots: false, allow_networks: ["127.0.0.0/8"], allow_ports: [{{site.Port}}] }
          persist: { from: fetch }
        """);
    using var input = new MemoryStream(Encoding.ASCII.GetBytes(text.ToString()));
    var run = await Measured.RunAsync(yaml, Path.Combine(folder, "fetched"), input);
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"{"fetch and persist, 10 KB pages",-30} {run.Books.Done / run.Seconds,8:0} pages/s   {run.AllocatedBytes / Math.Max(1, run.Books.Done),8} B allocated per page (the web's own included)   balanced {run.Books.Balance}"));
}
