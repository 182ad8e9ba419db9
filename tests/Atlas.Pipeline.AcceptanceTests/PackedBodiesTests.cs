using System.Globalization;
using System.Text;
using System.Text.Json;
using Atlas.ScriptedWeb;

namespace Atlas.Pipeline.AcceptanceTests;

/// <summary>Full segments of bodies are compressed beside the run, and whoever reads bodies sees no difference.</summary>
public sealed class PackedBodiesTests
{
    private const int Size = 60_000;

    private static readonly string[] SmallSegments = ["--set", "stages.persist.segment_bytes=1048576"];

    [Fact]
    public async Task A_crawl_takes_less_room_and_gives_back_every_page_as_it_was_served()
    {
        await using var bench = await Workbench.OpenAsync();
        var first = await RunUntilPackedAsync(bench, List(bench, 0, 60), 3);
        Assert.True(first.ExitCode == 0, first.ToString());

        // What is compressed is known as what it was: a body that comes again is not stored again.
        var second = await RunUntilPackedAsync(bench, List(bench, 40, 80), 4);

        Assert.True(second.ExitCode == 0, second.ToString());
        var files = new DirectoryInfo(Path.Combine(bench.State, "bodies")).GetFiles();
        Assert.Equal(4, files.Count(file => file.Extension == ".pack"));
        Assert.Equal("00000005.seg", Assert.Single(files, file => file.Extension == ".seg").Name);
        Assert.InRange(files.Sum(file => file.Length), 1, 80 * Size / 2);
        await AssertExportAsync(bench, 80);
        await AssertIsSoundAsync(bench);
    }

    [Fact]
    public async Task Switched_off_nothing_is_compressed_and_what_is_compressed_is_read()
    {
        await using var bench = await Workbench.OpenAsync();
        string[] off = [.. SmallSegments, "--set", "stages.persist.compress=false"];
        var raw = await AtlasProgram.RunAsync(bench.Folder, List(bench, 0, 40), bench.Run("minimal.yaml", off));
        Assert.True(raw.ExitCode == 0, raw.ToString());
        Assert.Equal([".seg", ".seg", ".seg"], Extensions(bench));

        // The next run finds what is full, the one after leaves it.
        var on = await RunUntilPackedAsync(bench, List(bench, 0, 41), 2);
        var again = await AtlasProgram.RunAsync(bench.Folder, List(bench, 0, 42), bench.Run("minimal.yaml", off));

        Assert.Equal((0, 0), (on.ExitCode, again.ExitCode));
        Assert.Equal([".pack", ".pack", ".seg"], Extensions(bench));
        await AssertExportAsync(bench, 42);
    }

    [Fact]
    public async Task An_export_beside_a_run_that_packs_misses_nothing()
    {
        await using var bench = await Workbench.OpenAsync();
        using var run = AtlasProgram.Start(bench.Folder, bench.Run("minimal.yaml", SmallSegments));
        await run.WriteAsync(string.Concat(Enumerable.Range(0, 160).Select(number => bench.Url($"/slow/60/{Size}/{number}", host: 1 + (number % 2)) + "\n")));
        await bench.WhenRequestedAsync();

        var (counts, sawBoth) = (new List<int>(), false);
        while (!sawBoth || counts.Count < 3)
        {
            sawBoth |= Extensions(bench) is var now && now.Contains(".pack") && now.Contains(".seg");
            var beside = await AtlasProgram.RunAsync(bench.Folder, input: null, "export", "--state", bench.State, "--quiet");
            Assert.True(beside.ExitCode == 0, beside.ToString());
            counts.Add(beside.Output.Count(letter => letter == '\n'));
        }

        await WhenPackedAsync(bench, run, 9);
        run.CloseInput();
        var ended = await run.WaitAsync();
        Assert.True(ended.ExitCode == 0, ended.ToString());
        Assert.Equal(counts.Order(), counts);
    }

    [Fact]
    public async Task Pack_compresses_the_last_segment_too_and_the_next_run_goes_on_behind_it()
    {
        await using var bench = await Workbench.OpenAsync();
        var run = await AtlasProgram.RunAsync(bench.Folder, List(bench, 0, 5), bench.Run("minimal.yaml"));
        Assert.Equal((0, ".seg"), (run.ExitCode, Assert.Single(Extensions(bench))));

        var packed = await AtlasProgram.RunAsync(bench.Folder, input: null, "pack", "--state", bench.State);
        var again = await AtlasProgram.RunAsync(bench.Folder, input: null, "pack", Workbench.Shipped("minimal.yaml"), "--state", bench.State);

        Assert.Equal((0, 0), (packed.ExitCode, again.ExitCode));
        Assert.Contains("1 segments of bodies were compressed: 0.3 MiB became ", packed.Errors, StringComparison.Ordinal);
        Assert.Contains("nothing to compress", again.Errors, StringComparison.Ordinal);
        Assert.Equal([".pack"], Extensions(bench));
        var next = await AtlasProgram.RunAsync(bench.Folder, List(bench, 3, 8), bench.Run("minimal.yaml"));
        Assert.True(next.ExitCode == 0, next.ToString());
        Assert.Equal([".pack", ".seg"], Extensions(bench));
        await AssertExportAsync(bench, 8);
        await AssertIsSoundAsync(bench);
        Assert.Equal(2, (await AtlasProgram.RunAsync(bench.Folder, input: null, "pack", "--state", bench.Folder)).ExitCode);
    }

    [Theory]
    [InlineData("pack-write:2")]
    [InlineData("pack-renamed:1")]
    public Task Killed_while_it_packs_it_leaves_every_body_and_the_next_run_ends_it(string kill) => KillAsync(kill);

    [Theory]
    [InlineData("pack-write:1")]
    [InlineData("pack-write:7")]
    [InlineData("pack-sync:1")]
    [InlineData("pack-rename:1")]
    [InlineData("pack-delete:2")]
    [InlineData("pack-deleted:1")]
    [Trait("length", "long")]
    [Trait("run", "faults")]
    public Task Killed_at_any_other_step_it_leaves_every_body_too(string kill) => KillAsync(kill);

    /// <summary>kill -9 at a step between the first byte of a pack and the end of its segment.</summary>
    private static async Task KillAsync(string kill)
    {
        await using var bench = await Workbench.OpenAsync();
        var list = List(bench, 0, 60);
        using var program = AtlasProgram.StartUnderFaults(bench.Folder, kill, Path.Combine(bench.Folder, "acknowledged"), bench.Run("minimal.yaml", SmallSegments));
        await program.WriteAsync(await File.ReadAllTextAsync(list, TestContext.Current.CancellationToken));
        var killed = await program.WaitAsync();
        Assert.True(killed.ExitCode == 128 + 9, killed.ToString());
        var left = await AtlasProgram.RunAsync(bench.Folder, input: null, "export", "--state", bench.State, "--quiet");
        Assert.True(left.ExitCode == 0, left.ToString());

        var rest = await RunUntilPackedAsync(bench, list, 3);

        Assert.True(rest.ExitCode == 0, rest.ToString());
        Assert.Equal([".pack", ".pack", ".pack", ".seg"], Extensions(bench));
        await AssertExportAsync(bench, 60);
        await AssertIsSoundAsync(bench);
    }

    /// <summary>Gives the run its lines, and ends its input when so many segments are packed and one is left.</summary>
    private static async Task<ProgramResult> RunUntilPackedAsync(Workbench bench, string list, int packs)
    {
        using var run = AtlasProgram.Start(bench.Folder, bench.Run("minimal.yaml", SmallSegments));
        await run.WriteAsync(await File.ReadAllTextAsync(list, TestContext.Current.CancellationToken));
        await WhenPackedAsync(bench, run, packs);
        run.CloseInput();
        return await run.WaitAsync();
    }

    private static async Task WhenPackedAsync(Workbench bench, AtlasProgram run, int packs)
    {
        List<string> expected = [.. Enumerable.Repeat(".pack", packs), ".seg"];
        while (!Extensions(bench).SequenceEqual(expected))
        {
            Assert.False(run.HasExited);
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    private static string List(Workbench bench, int from, int to)
    {
        var lines = string.Concat(Enumerable.Range(from, to - from).Select(number => bench.Url(Target(number)) + "\n"));
        return bench.Write("list", lines);
    }

    private static string Target(int number) => string.Create(CultureInfo.InvariantCulture, $"/page/{Size}/{number}");

    /// <summary>Of the files with bodies, in order.</summary>
    private static List<string> Extensions(Workbench bench) =>
        Directory.Exists(Path.Combine(bench.State, "bodies")) ? [.. new DirectoryInfo(Path.Combine(bench.State, "bodies")).GetFiles().Select(file => file.Name).Order(StringComparer.Ordinal).Where(name => name != "ledger").Select(name => name[name.IndexOf('.', StringComparison.Ordinal)..])] : [];

    private static async Task AssertExportAsync(Workbench bench, int pages)
    {
        var export = await AtlasProgram.RunAsync(bench.Folder, input: null, "export", "--state", bench.State, "--quiet");
        Assert.True(export.ExitCode == 0, export.ToString());
        var lines = export.Output.TrimEnd('\n').Split('\n').Select(line => JsonDocument.Parse(line).RootElement).ToDictionary(line => line.GetProperty("url").GetString()!, line => line.GetProperty("body").GetString());
        Assert.Equal(pages, lines.Count);
        for (var number = 0; number < pages; number++)
            Assert.True(Encoding.UTF8.GetString(Pages.Html(Size, Target(number))) == lines[bench.Url(Target(number))], $"Page {number} is another one.");
    }

    private static async Task AssertIsSoundAsync(Workbench bench)
    {
        var check = await AtlasProgram.RunAsync(bench.Folder, input: null, "fsck", "--state", bench.State, "--quiet");
        Assert.True(check.ExitCode == 0, check.ToString());
    }
}
