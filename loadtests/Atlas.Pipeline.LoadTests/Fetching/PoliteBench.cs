using System.Globalization;

namespace Atlas.Pipeline.LoadTests.Fetching;

/// <summary>Many hosts, each with a delay: how near the program comes to the rate that the delay allows, and whether it asks anybody too early. Both as the site saw it.</summary>
/// <param name="folder">For the list and the state.</param>
/// <param name="atlas">The path of the program.</param>
internal sealed class PoliteBench(string folder, string atlas)
{
    /// <summary>Between two clocks that tick in different processes, and two wakings of threads, on a busy machine.</summary>
    private static readonly TimeSpan Tolerance = TimeSpan.FromMilliseconds(2);

    private const double MostOver = 0.05;

    /// <param name="hosts">Hosts, 1 to 60,000.</param>
    /// <param name="delay">Between two requests to one of them.</param>
    /// <param name="pagesPerHost">From 2.</param>
    /// <returns>Whether it was polite and fast enough.</returns>
    public async Task<bool> RunAsync(int hosts, TimeSpan delay, int pagesPerHost)
    {
        using var site = new SiteProcess(hosts * pagesPerHost, 0, hosts);
        var urls = Path.Combine(folder, "urls");
        await File.WriteAllLinesAsync(urls, Enumerable.Range(1, hosts * pagesPerHost).Select(page => string.Create(CultureInfo.InvariantCulture, $"http://127.{1 + page % hosts / 250 / 250}.{page % hosts / 250 % 250}.{1 + page % hosts % 250}:{site.Port}/p/{page}")));
        await File.WriteAllTextAsync(urls + ".yaml", FetchPipeline.Yaml(site.Port, delay));
        var child = await ChildRun.RunAsync($"exec '{atlas}' run '{urls}.yaml' --quiet --state '{Path.Combine(folder, "state")}' < '{urls}'");
        var counts = await site.TakeCountsAsync();
        if (child.ExitCode != 0 || counts.Distinct != hosts * pagesPerHost)
            throw new InvalidOperationException($"{counts.Distinct} of {hosts * pagesPerHost} pages were fetched, exit code {child.ExitCode}: {child.Said}");

        var over = (counts.MeanGap / delay) - 1;
        var isPolite = counts.LeastGap >= delay - Tolerance;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{hosts} hosts, {delay.TotalSeconds:0.###} s between two requests to one: at most {hosts / delay.TotalSeconds:0} pages/s; got {hosts / counts.MeanGap.TotalSeconds:0} ({-over * 100:0.0} %), the two nearest requests to one host {counts.LeastGap.TotalMilliseconds:0.0} ms apart; {child.Cpu.TotalSeconds:0.0} CPU s, {child.PeakMiB:0} MiB"));
        if (!isPolite)
            Console.WriteLine("A host was asked too early.");
        if (over > MostOver)
            Console.WriteLine($"More than {MostOver:P0} is lost.");
        return isPolite && over <= MostOver;
    }
}
