using System.Globalization;
using System.Text.Json;

namespace Atlas.Pipeline.LoadTests.Fetching;

/// <summary>The work half as a user meets it: the program and its peers fetch the same pages from a thousand hosts on loopback, each in a process of its own, in turn.</summary>
/// <param name="folder">For lists and pages; emptied after each run.</param>
/// <param name="options">What is run, and how often.</param>
internal sealed class FetchBench(string folder, FetchBenchOptions options)
{
    private const int Hosts = 1_000;
    private const int Latency = 50;

    public async Task RunAsync()
    {
        var contestants = Contestants.All(options.Atlas, FetchPipeline.Concurrency).Where(one => options.Only.Count == 0 || options.Only.Contains(one.Name)).ToList();
        foreach (var absent in contestants.Where(one => one.Missing is not null))
            Console.WriteLine($"left out: {absent.Name}: {absent.Missing}");
        var present = contestants.Where(one => one.Missing is null).ToList();
        var tables = new List<FetchTable>();
        if (options.Rounds > 0)
            tables.Add(await RunTableAsync("No latency: what a page costs", present, latency: 0, options.Rounds));
        if (options.LatencyRounds > 0)
        {
            tables.Add(await RunTableAsync(string.Create(CultureInfo.InvariantCulture,
                $"{Latency} ms latency per page: at most {FetchPipeline.Concurrency * 1000 / Latency} pages/s"), present, Latency, options.LatencyRounds));
        }

        if (options.Page is { } page)
        {
            await File.WriteAllTextAsync(page, FetchPage.Write(options, tables, contestants));
            Console.WriteLine($"written: {page}");
        }
    }

    private async Task<FetchTable> RunTableAsync(string title, IReadOnlyList<Contestant> contestants, int latency, int rounds)
    {
        using var site = new SiteProcess(options.Pages, latency, Hosts);
        var urls = Path.Combine(folder, "urls");
        await WriteListAsync(urls, site.Port);
        var runs = new List<FetchRun>();
        for (var round = 0; round < rounds; round++)
        {
            foreach (var contestant in contestants.Where(one => round == 0 || !one.IsSlow))
            {
                var run = await RunAsync(contestant, site, urls);
                Console.WriteLine($"round {round + 1}: {run.Line}");
                runs.Add(run);
            }
        }

        var table = new FetchTable(title, contestants.Select(one => one.Name).ToList(), runs);
        Console.WriteLine($"\n{title}\n{table.ToText()}");
        return table;
    }

    private async Task<FetchRun> RunAsync(Contestant contestant, SiteProcess site, string urls)
    {
        var own = Path.Combine(folder, contestant.Name);
        try
        {
            await contestant.PrepareAsync(urls, own);

            // Nobody pays for what the one before has left to be written.
            await ChildRun.RunAsync("exec sync");
            await site.TakeCountsAsync();
            var child = await ChildRun.RunAsync(contestant.CommandFor(urls, own));
            var counts = await site.TakeCountsAsync();
            if (child.ExitCode != 0 || counts.Distinct != options.Pages)
                throw new InvalidOperationException($"{contestant.Name} fetched {counts.Distinct} of {options.Pages} pages, exit code {child.ExitCode}: {child.Said}");
            return new FetchRun(contestant.Name, child, counts, contestant.Name == Contestants.Atlas ? DurableP99(Path.Combine(own, "report.json")) : null);
        }
        finally
        {
            Directory.Delete(own, recursive: true);
        }
    }

    /// <summary>From the program's report, which must say that all is done.</summary>
    private double DurableP99(string file)
    {
        using var report = JsonDocument.Parse(File.ReadAllBytes(file));
        var (done, balanced) = (report.RootElement.GetProperty("done").GetInt64(), report.RootElement.GetProperty("balanced").GetBoolean());
        if (done != options.Pages || !balanced)
            throw new InvalidOperationException($"atlas reports {done} of {options.Pages} pages done, balanced {balanced}.");
        return report.RootElement.GetProperty("documents").GetProperty("durable_p99_ms").GetDouble();
    }

    /// <summary>Every page once, each host's far apart, and the pipeline beside them.</summary>
    private async Task WriteListAsync(string path, int port)
    {
        var pages = Enumerable.Range(1, options.Pages).ToArray();
        new Random(42).Shuffle(pages);
        await File.WriteAllLinesAsync(path, pages.Select(page => string.Create(CultureInfo.InvariantCulture, $"http://127.0.{1 + page % Hosts / 250}.{1 + page % 250}:{port}/p/{page}")));
        await File.WriteAllTextAsync(path + ".yaml", FetchPipeline.Yaml(port, TimeSpan.Zero));
    }
}
