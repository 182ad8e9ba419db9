using System.Globalization;
using System.Text;
using Atlas.Pipeline.Graph;
using Atlas.Pipeline.Topology;

namespace Atlas.Pipeline.Tests.Graph;

/// <summary>What admission allocates. The least of several stretches of the input counts: in the others batches were made that then go round, or code was compiled. Batches are of one size, as a slow disk would make them smaller. Alone, because bytes are counted for the whole process.</summary>
[CollectionDefinition("Alone", DisableParallelization = true)]
[Collection("Alone")]
public sealed class AllocationTests : IDisposable
{
    private const int Lines = 40_000;

    private readonly string _folder = Directory.CreateTempSubdirectory("allocation-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_known_url_allocates_less_than_four_bytes()
    {
        using var input = new RepeatedStream(ListOf(Lines), times: 40);

        await RunAsync(input);

        Assert.InRange(input.LeastBytesPer(4, after: 4) / (4.0 * Lines), 0, 4);
    }

    // 32 of these bytes are the dedup index's log: memory that it keeps.
    [Fact]
    public async Task A_new_url_allocates_less_than_48_bytes()
    {
        using var input = new RepeatedStream(ListOf(10 * Lines), times: 1, parts: 10);

        await RunAsync(input);

        Assert.InRange(input.LeastBytesPer(2, after: 2) / (2.0 * Lines), 0, 48);
    }

    private static byte[] ListOf(int lines)
    {
        var text = new StringBuilder();
        for (var i = 0; i < lines; i++)
            text.Append(CultureInfo.InvariantCulture, $"https://www.host{i % 5000}.example/section/{i % 97}/article-{i}?id={i}&view=full&lang=en\n");
        return Encoding.ASCII.GetBytes(text.ToString());
    }

    private async Task RunAsync(Stream input)
    {
        const string Yaml = """
            name: allocation
            admission: { min_batch: 4096, max_batch: 4096 }
            sources: { lines: { type: stdin } }
            stages:
              normalize: { from: lines, parallelism: 2 }
              classify: { from: normalize }
              dedup: { from: classify }
              buffer: { from: dedup }
            """;
        List<Mistake> mistakes = [];
        var definition = PipelineReader.Read("allocation.yaml", Yaml, StageCatalog.Kinds, [], Path.Combine(_folder, "state"), mistakes, []);
        Assert.Empty(mistakes);
        await using var run = await PipelineRun.OpenAsync(definition!, new Seams(), input, Stream.Null);
        Assert.Null((await run.RunAsync()).Failure);
    }

    /// <summary>A list several times over, which notes what the process has allocated whenever a part of it has been read.</summary>
    private sealed class RepeatedStream(byte[] list, int times, int parts = 1) : MemoryStream(list)
    {
        private readonly List<long> _allocated = [];
        private int _left = times;
        private long _read;

        /// <summary>Bytes that the cheapest stretch of so many parts took, leaving out the first ones.</summary>
        public long LeastBytesPer(int stretch, int after)
        {
            var least = long.MaxValue;
            for (var start = after; start + stretch < _allocated.Count; start++)
                least = Math.Min(least, _allocated[start + stretch] - _allocated[start]);
            return least;
        }

        public override int Read(byte[] buffer, int offset, int count)
        {
            if (_read >= _allocated.Count * (Length / parts))
                _allocated.Add(GC.GetTotalAllocatedBytes());
            if (Position == Length && --_left > 0)
                Position = 0;
            var read = base.Read(buffer, offset, count);
            _read += read;
            return read;
        }
    }
}
