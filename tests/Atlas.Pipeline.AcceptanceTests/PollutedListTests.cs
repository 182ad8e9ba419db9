using Atlas.ScriptedWeb;

namespace Atlas.Pipeline.AcceptanceTests;

/// <summary>The roadmap's own mix: 37 % file://, 30 % duplicates in disguise. Long: minutes.</summary>
[Trait("length", "long")]
public sealed class PollutedListTests
{
    private const int Lines = 100_000;
    private const int Hosts = 1_000;
    private const int Distinct = 500_000;

    [Fact]
    [Trait("run", "kill")]
    public async Task A_hundred_thousand_lines_are_fetched_once_each_and_a_second_run_fetches_nothing()
    {
        await using var bench = await Workbench.OpenAsync();
        var (input, list) = WriteList(bench);

        var first = await AtlasProgram.RunAsync(bench.Folder, input, bench.Run("crawl.yaml", "--set", "stages.fetch.robots=false"));
        var again = await AtlasProgram.RunAsync(bench.Folder, input, bench.Run("crawl.yaml", "--set", "stages.fetch.robots=false"));

        Assert.True(first.ExitCode == 0, first.ToString());
        Assert.True(first.Report.GetProperty("balanced").GetBoolean());
        Assert.Equal(list.Lines, first.Report.GetProperty("received").GetInt64());
        Assert.Equal(list.Distinct, first.Report.GetProperty("done").GetInt64());
        Assert.Equal(list.FileLines, first.Report.GetProperty("rejected").GetProperty("scheme_file").GetInt64());
        Assert.Equal(list.Distinct, bench.Site.Requests.Distinct);
        Assert.Equal(1, bench.Site.Requests.MostOfOnePage);
        Assert.True(again.ExitCode == 0, again.ToString());
        Assert.Equal(list.Lines - list.FileLines, again.Report.GetProperty("duplicates").GetInt64());
        Assert.Equal(0, again.Report.GetProperty("bytes_fetched").GetInt64());
    }

    [Fact]
    [Trait("run", "kill")]
    public async Task After_twenty_kills_a_last_run_has_every_resource_recorded_once()
    {
        await using var bench = await Workbench.OpenAsync();
        var (input, list) = WriteList(bench);
        var chance = new Random(20_261_124);

        for (var round = 0; round < 20; round++)
        {
            using var program = AtlasProgram.Start(bench.Folder, bench.Run("crawl.yaml", "--set", "stages.fetch.robots=false"));
            var feeding = program.FeedAsync(input);
            await Task.WhenAny(Task.Delay(chance.Next(300, 4_000), TestContext.Current.CancellationToken), program.WaitAsync());
            program.Kill();
            await feeding;
            await program.WaitAsync();
        }

        var last = await AtlasProgram.RunAsync(bench.Folder, input, bench.Run("crawl.yaml", "--set", "stages.fetch.robots=false"));

        Assert.True(last.ExitCode == 0, last.ToString());
        Assert.True(last.Report.GetProperty("balanced").GetBoolean());
        Assert.Equal(list.Distinct, last.Report.GetProperty("done").GetInt64());
        Assert.Equal(list.Lines, last.Report.GetProperty("received").GetInt64());
        Assert.Equal(0, last.Report.GetProperty("dedup_authority_caught").GetInt64());
        Assert.Equal(list.Distinct, bench.Site.Requests.Distinct);
    }

    [Fact]
    [Trait("run", "memory")]
    public async Task Five_million_lines_of_which_nine_in_ten_are_duplicates_stay_within_a_gibibyte()
    {
        await using var bench = await Workbench.OpenAsync();

        var (result, peak) = await RunFiveMillionAsync(bench, group: null, "sources.feed.follow=false");

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal(Distinct, result.Report.GetProperty("admitted").GetInt64());
        Assert.InRange(peak, 1, 1L << 30);
    }

    /// <summary>Where the machine lets us, in a control group that has no more: then the kernel sees to it.</summary>
    [Theory]
    [Trait("run", "memory")]
    [InlineData(320, 1_000_000)]
    [InlineData(512, 10_000_000)]
    public async Task A_run_stays_within_the_memory_it_is_given(int mebibytes, int expected)
    {
        await using var bench = await Workbench.OpenAsync();
        var group = TryMakeControlGroup((long)mebibytes << 20);
        try
        {
            var (result, peak) = await RunFiveMillionAsync(bench, group, "sources.feed.follow=false", $"memory={mebibytes}MiB", $"stages.dedup.expected_urls={expected}");

            Assert.True(result.ExitCode == 0, result.ToString());
            Assert.Equal(Distinct, result.Report.GetProperty("admitted").GetInt64());
            Assert.InRange(peak, 1, (long)mebibytes << 20);
            TestContext.Current.TestOutputHelper!.WriteLine(group is null ? "No control group could be made: only the resident set was looked at." : $"In the control group {group}.");
        }
        finally
        {
            if (group is not null)
                Directory.Delete(group);
        }
    }

    private static async Task<(ProgramResult Result, long Peak)> RunFiveMillionAsync(Workbench bench, string? group, params string[] settings)
    {
        var input = Path.Combine(bench.Folder, "list");
        await using (var lines = new StreamWriter(input))
        {
            for (var i = 0; i < 10 * Distinct; i++)
                await lines.WriteLineAsync($"http://h{i % 1000}.test/path/{i % Distinct}?utm_source={i}");
        }

        string[] arguments = ["run", Workbench.Shipped("tail.yaml"), "--state", bench.State, "--report", "-", "--quiet", "--set", $"sources.feed.paths=[\"{input}\"]", .. settings.SelectMany(setting => new[] { "--set", setting })];
        using var program = group is null ? AtlasProgram.Start(bench.Folder, arguments) : AtlasProgram.StartInShell($"echo $$ > {group}/cgroup.procs && exec \"$@\"", bench.Folder, arguments);
        program.CloseInput();
        var ended = program.WaitAsync();
        long peak = 0;
        while (!ended.IsCompleted)
        {
            peak = Math.Max(peak, program.HasExited ? 0 : program.PeakResidentBytes());
            await Task.WhenAny(ended, Task.Delay(100, TestContext.Current.CancellationToken));
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"Peak resident set: {peak / 1048576} MiB.");
        return (await ended, peak);
    }

    /// <summary>The directory of a new control group with a limit on memory, in either version of the interface; null where we may not make one.</summary>
    private static string? TryMakeControlGroup(long bytes)
    {
        foreach (var (root, limit) in new[] { ("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max") })
        {
            var group = Path.Combine(root, "atlas-" + Guid.NewGuid().ToString("n"));
            try
            {
                if (!Directory.Exists(root))
                    continue;
                Directory.CreateDirectory(group);
                if (File.Exists(Path.Combine(group, limit)))
                {
                    File.WriteAllText(Path.Combine(group, limit), bytes.ToString(System.Globalization.CultureInfo.InvariantCulture));
                    return group;
                }

                Directory.Delete(group);
            }
            catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
            {
                // Not allowed here.
            }
        }

        return null;
    }

    private static (string Path, PollutedCounts Counts) WriteList(Workbench bench)
    {
        var path = Path.Combine(bench.Folder, "list");
        using var file = File.Create(path);
        return (path, PollutedList.Write(file, Lines, Hosts, bench.Site.Port, seed: 7));
    }
}
