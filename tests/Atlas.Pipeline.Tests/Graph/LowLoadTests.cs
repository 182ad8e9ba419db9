using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using Atlas.Pipeline.Graph;
using Atlas.Pipeline.Topology;

namespace Atlas.Pipeline.Tests.Graph;

/// <summary>A URL that comes alone is not kept waiting for others: whole runs, by the clock of the machine.</summary>
public sealed class LowLoadTests : IDisposable
{
    private const int PollMilliseconds = 100;

    private static readonly TimeSpan Promised = TimeSpan.FromMilliseconds(20);

    private readonly string _folder = Directory.CreateTempSubdirectory("atlas-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_lone_line_on_stdin_is_durable_20_ms_after_it_was_read()
    {
        using var input = new TypedInput();
        await using var run = await OpenAsync("{ type: stdin }", input);
        var running = run.RunAsync();

        var fastest = await FastestAsync(run, Promised, input.Type);
        input.End();
        await running;

        Assert.InRange(fastest, TimeSpan.Zero, Promised);
    }

    [Fact]
    public async Task A_lone_line_of_a_tailed_file_is_durable_20_ms_after_the_next_look()
    {
        var file = Path.Combine(_folder, "feed.log");
        await File.WriteAllTextAsync(file, "", TestContext.Current.CancellationToken);
        await using var run = await OpenAsync($"{{ type: file_tail, paths: [\"{file}\"], poll_ms: {PollMilliseconds} }}", Stream.Null);
        var running = run.RunAsync();

        var promised = Promised + TimeSpan.FromMilliseconds(PollMilliseconds);
        var fastest = await FastestAsync(run, promised, line => File.AppendAllText(file, line));
        run.Drain();
        await running;

        Assert.InRange(fastest, TimeSpan.Zero, promised);
    }

    /// <summary>The best of many, as a busy machine may stop any single one. The first few are not counted: they compile the way.</summary>
    private static async Task<TimeSpan> FastestAsync(PipelineRun run, TimeSpan promised, Action<string> write)
    {
        const int Warm = 3;
        var fastest = TimeSpan.MaxValue;
        for (var i = 1; i <= 200 && fastest > promised; i++)
        {
            var start = Stopwatch.GetTimestamp();
            write($"http://a.test/{i}\n");
            while (run.Look().Books.Admitted < i)
            {
                Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(60), "The line was not admitted in 60 s.");
                await Task.Yield();
            }

            var elapsed = Stopwatch.GetElapsedTime(start);
            fastest = i > Warm && elapsed < fastest ? elapsed : fastest;
        }

        return fastest;
    }

    private Task<PipelineRun> OpenAsync(string source, Stream input)
    {
        var text =
            $$"""
            name: quiet
            sources: { lines: {{source}} }
            stages:
              normalize: { from: lines }
              classify: { from: normalize }
              dedup: { from: classify, expected_urls: 1000, memory_bytes: 16777216 }
              buffer: { from: dedup }
            """;
        var mistakes = new List<Mistake>();
        var definition = PipelineReader.Read("p.yaml", text, StageCatalog.Kinds, [], Path.Combine(_folder, "state"), mistakes, []);
        Assert.Equal("", string.Join('\n', mistakes));
        return PipelineRun.OpenAsync(definition!, new Seams(), input, Stream.Null);
    }

    /// <summary>A terminal at which somebody types a line now and then.</summary>
    private sealed class TypedInput : MemoryStream
    {
        private readonly BlockingCollection<byte[]> _typed = [];

        public override bool CanSeek => false;

        public void Type(string line) => _typed.Add(Encoding.ASCII.GetBytes(line));

        public void End() => _typed.CompleteAdding();

        public override int Read(byte[] buffer, int offset, int count)
        {
            if (!_typed.TryTake(out var line, Timeout.Infinite))
                return 0;
            line.CopyTo(buffer, offset);
            return line.Length;
        }

        protected override void Dispose(bool disposing)
        {
            _typed.Dispose();
            base.Dispose(disposing);
        }
    }
}
