using System.Globalization;
using System.Text;
using Atlas.Pipeline.LoadTests;
using Atlas.Pipeline.LoadTests.Fetching;
using Atlas.ScriptedWeb;

// What the machine does with whole pipelines: admission of new, known and mixed lines, and fetching. Figures are of one run; see loadtests/results for what they mean.
// Arguments: lines (2,000,000), passes over them (3), pages to fetch (20,000), whether canonical forms are compared (1); 0 leaves a part out.
// Or: lists, the path of atlas, lines (10,000,000): distinct lines beside awk and sort.
// Or: scale, lines (100,000,000), memory (2GiB), the picture's file (scale.svg): many distinct lines in one run. With a folder behind them the state stays there.
// Or: restart, folder, lines (100,000,000), memory (2GiB): from the start of the process to its first durable line, on the state that such a run has left.
// Or: fetch, the path of atlas, and see FetchBenchOptions: the program itself beside its peers. It starts this one again as the site they all ask: serve, pages, milliseconds, hosts.
// Or: polite, the path of atlas, hosts (10,000), milliseconds between two requests to one (5,000), pages per host (5): exit code 1 if one is asked too early, or 5 % of the rate are lost.
// Or: frontier, items to pick (200,000), and one or more numbers of queued URLs (10,000 1,000,000 10,000,000): what a pick costs by how many are queued.
// Or: legacy, the path of atlas, and how many times the roadmap's numbers, one or more (8 20): what it costs to move a legacy database in.
// Or: letters, dead letters (10,000,000), a folder for their state, which stays: what questions about them cost.
if (args is ["serve", var served, var latency, var hosts])
{
    LoopbackSite.Serve(int.Parse(served, CultureInfo.InvariantCulture), int.Parse(latency, CultureInfo.InvariantCulture), int.Parse(hosts, CultureInfo.InvariantCulture));
    return;
}

if (args is ["restart", ..])
{
    await ScaleBench.RestartAsync(
        args[1],
        args.Length > 2 ? long.Parse(args[2], CultureInfo.InvariantCulture) : 100_000_000,
        args.Length > 3 ? args[3] : "2GiB");
    return;
}

if (args is ["letters", ..])
{
    await new LettersBench(args.Length > 2 ? args[2] : Path.Combine(Path.GetTempPath(), "atlas-letters-bench"), args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 10_000_000).RunAsync();
    return;
}

var comparesLists = args is ["lists", ..];
var scales = args is ["scale", ..];
var fetches = args is ["fetch", ..];
var isPolite = args is ["polite", ..];
var migrates = args is ["legacy", ..];
var picks = args is ["frontier", ..];
int[] sizes = [2_000_000, 3, 20_000, 1];
for (var i = 0; i < args.Length && !comparesLists && !scales && !fetches && !isPolite && !migrates && !picks; i++)
    sizes[i] = int.Parse(args[i], CultureInfo.InvariantCulture);
var (lines, passes, pages) = (sizes[0], sizes[1], sizes[2]);
var folder = Directory.CreateTempSubdirectory("atlas-bench-").FullName;
try
{
    if (comparesLists)
    {
        await ListsBench.RunAsync(folder, args[1], args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 10_000_000);
        return;
    }

    if (fetches)
    {
        await new FetchBench(folder, FetchBenchOptions.Read(args.AsSpan(1))).RunAsync();
        return;
    }

    if (isPolite)
    {
        Environment.ExitCode = await new PoliteBench(folder, args[1]).RunAsync(Number(2, 10_000), TimeSpan.FromMilliseconds(Number(3, 5_000)), Number(4, 5)) ? 0 : 1;
        return;

        int Number(int at, int or) => args.Length > at ? int.Parse(args[at], CultureInfo.InvariantCulture) : or;
    }

    if (migrates)
    {
        foreach (var times in args.Length > 2 ? args[2..] : ["8", "20"])
            await new LegacyBench(folder, args[1]).RunAsync(double.Parse(times, CultureInfo.InvariantCulture));
        return;
    }

    if (picks)
    {
        int[] queued = args.Length > 2 ? [.. args.Skip(2).Select(size => int.Parse(size, CultureInfo.InvariantCulture))] : [10_000, 1_000_000, 10_000_000];
        await FrontierBench.RunAsync(folder, queued, args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 200_000);
        return;
    }

    if (scales)
    {
        await ScaleBench.RunAsync(
            args.Length > 4 ? args[4] : folder,
            args.Length > 1 ? long.Parse(args[1], CultureInfo.InvariantCulture) : 100_000_000,
            args.Length > 2 ? args[2] : "2GiB",
            args.Length > 3 ? args[3] : "scale.svg",
            keeps: args.Length > 4);
        return;
    }

    if (lines > 0)
        await new AdmissionBench(folder, lines, passes).RunAsync();
    if (pages > 0)
        await FetchAsync(folder, pages);
    if (sizes[3] > 0)
        await NormalizationBench.RunAsync(folder);
}
finally
{
    Directory.Delete(folder, recursive: true);
}

static async Task FetchAsync(string folder, int pages)
{
    await using var site = await ScriptedSite.StartAsync();
    var text = new StringBuilder();
    for (var i = 0; i < pages; i++)
        text.Append(CultureInfo.InvariantCulture, $"http://127.0.{i % 4}.{1 + (i % 250)}:{site.Port}/page/10000/{i}\n");
    var yaml = FetchPipeline.Yaml(site.Port, TimeSpan.Zero, robots: false);
    using var input = new MemoryStream(Encoding.ASCII.GetBytes(text.ToString()));
    var run = await Measured.RunAsync(yaml, Path.Combine(folder, "fetched"), input);
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"{"fetch and persist, 10 KB pages",-30} {run.Books.Done / run.Seconds,8:0} pages/s   {run.AllocatedBytes / Math.Max(1, run.Books.Done),8} B allocated per page (the web's own included)   balanced {run.Books.Balance}"));
}
