using System.Globalization;
using System.Text;
using Atlas.Pipeline.Graph;
using Atlas.Pipeline.Topology;

namespace Atlas.Pipeline.Tests.Graph;

/// <summary>What admission allocates, as the difference of two runs, so that what a run costs once is not counted. Alone, because bytes are counted for the whole process.</summary>
[CollectionDefinition("Alone", DisableParallelization = true)]
[Collection("Alone")]
public sealed class AllocationTests : IDisposable
{
    private const int Lines = 40_000;

    private readonly string _folder = Directory.CreateTempSubdirectory("allocation-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_known_url_allocates_less_than_two_bytes()
    {
        var once = ListOf(Lines);
        await AllocatedByAsync("warm", once, times: 4);

        var few = await AllocatedByAsync("few", once, times: 2);
        var many = await AllocatedByAsync("many", once, times: 12);

        Assert.InRange((many - few) / (10.0 * Lines), 0, 2);
    }

    // 32 bytes of these are the dedup index's log, which is memory that it keeps.
    [Fact]
    public async Task A_new_url_allocates_less_than_48_bytes()
    {
        await AllocatedByAsync("warm", ListOf(Lines), times: 1);

        var few = await AllocatedByAsync("few", ListOf(Lines), times: 1);
        var many = await AllocatedByAsync("many", ListOf(6 * Lines), times: 1);

        Assert.InRange((many - few) / (5.0 * Lines), 0, 48);
    }

    private static byte[] ListOf(int lines)
    {
        var text = new StringBuilder();
        for (var i = 0; i < lines; i++)
            text.Append(CultureInfo.InvariantCulture, $"https://www.host{i % 5000}.example/section/{i % 97}/article-{i}?id={i}&view=full&lang=en\n");
        return Encoding.ASCII.GetBytes(text.ToString());
    }

    private async Task<long> AllocatedByAsync(string state, byte[] list, int times)
    {
        const string Yaml = """
            name: allocation
            sources: { lines: { type: stdin } }
            stages:
              normalize: { from: lines, parallelism: 2 }
              classify: { from: normalize }
              dedup: { from: classify }
              buffer: { from: dedup }
            """;
        List<Mistake> mistakes = [];
        var definition = PipelineReader.Read("allocation.yaml", Yaml, StageCatalog.Kinds, [], Path.Combine(_folder, state), mistakes, []);
        Assert.Empty(mistakes);
        var input = new MemoryStream(list.Length * times);
        for (var i = 0; i < times; i++)
            input.Write(list);
        input.Position = 0;
        var before = GC.GetTotalAllocatedBytes(precise: true);
        await using var run = await PipelineRun.OpenAsync(definition!, new Seams(), input, Stream.Null);
        var outcome = await run.RunAsync();
        var allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
        Assert.Null(outcome.Failure);
        return allocated;
    }
}
