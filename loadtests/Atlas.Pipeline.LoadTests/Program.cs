using System.Diagnostics;
using System.Globalization;
using System.Text;
using Atlas.Pipeline.LoadTests;
using Atlas.ScriptedWeb;

// What the machine does with whole pipelines: admission of new and of known URLs, and fetching. Figures are of one run; see loadtests/results for what they mean.
// Arguments: lines (2,000,000), passes over them (3), pages to fetch (20,000), whether canonical forms are compared (1); 0 leaves a part out.
int[] sizes = [2_000_000, 3, 20_000, 1];
for (var i = 0; i < args.Length; i++)
    sizes[i] = int.Parse(args[i], CultureInfo.InvariantCulture);
var (lines, passes, pages) = (sizes[0], sizes[1], sizes[2]);
var admission = $$"""
    name: bench
    sources: { lines: { type: stdin } }
    stages:
      normalize: { from: lines, parallelism: 2 }
      classify: { from: normalize }
      dedup: { from: classify, expected_urls: {{Math.Max(1, lines)}} }
      buffer: { from: dedup }
    """;
var folder = Directory.CreateTempSubdirectory("atlas-bench-").FullName;
try
{
    if (lines > 0)
    {
        var list = Path.Combine(folder, "list");
        await WriteNewAsync(list, lines);
        var state = Path.Combine(folder, "state");
        await ReportAsync("admission: new lines, then the same again", list, state);
        await ReportAsync("admission: the same after a restart", list, state);
    }

    if (pages > 0)
        await FetchAsync(folder, pages);
    if (sizes[3] > 0)
        await NormalizationBench.RunAsync(folder);
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

async Task ReportAsync(string what, string list, string state)
{
    const int Parts = 4;
    using var input = new PassesStream(list, passes, Parts);
    var run = await Measured.RunAsync(admission, state, input);
    Console.WriteLine($"{what}: balanced {run.Books.Balance}");
    for (var pass = 0; pass < passes; pass++)
    {
        // A pass's first quarter is left out: start, compilation and what the pass before has left.
        var (from, to) = (input.Marks[pass * Parts + 1], input.Marks[(pass + 1) * Parts]);
        var measured = (double)lines * (Parts - 1) / Parts;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"  pass {pass + 1}  {measured / Stopwatch.GetElapsedTime(from.Timestamp, to.Timestamp).TotalSeconds / 1e6,8:0.000} M URLs/s  {(to.AllocatedBytes - from.AllocatedBytes) / measured,8:0.0} B allocated per URL"));
    }
}

static async Task FetchAsync(string folder, int pages)
{
    await using var site = await ScriptedSite.StartAsync();
    var text = new StringBuilder();
    for (var i = 0; i < pages; i++)
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
