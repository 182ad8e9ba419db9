using System.Text;
using Atlas.Pipeline.Graph;
using Atlas.Pipeline.Ledger;
using Atlas.Pipeline.Tests.Dedup;
using Atlas.Pipeline.Topology;
using Microsoft.Extensions.Time.Testing;

namespace Atlas.Pipeline.Tests.Graph;

/// <summary>How a run ends when something in it does not.</summary>
public sealed class PipelineRunTests : IDisposable
{
    private const string Filter =
        """
        name: filter
        sources: { lines: { type: stdin } }
        stages:
          normalize: { from: lines }
          dedup: { from: normalize, expected_urls: 1000 }
          write: { from: dedup }
        """;

    private const string Queue =
        """
        name: queue
        sources: { lines: { type: stdin } }
        stages:
          normalize: { from: lines }
          classify: { from: normalize }
          dedup: { from: classify, expected_urls: 1000, memory_bytes: 16777216 }
          buffer: { from: dedup }
        """;

    private static readonly TimeSpan AtMost = TimeSpan.FromSeconds(60);

    private readonly string _state = Directory.CreateTempSubdirectory("atlas-").FullName;
    private readonly FakeTimeProvider _time = new();
    private readonly MemoryStream _lines = new(Encoding.ASCII.GetBytes("http://a.test/\nhttp://b.test/\nhttp://a.test/\n"));

    public void Dispose()
    {
        _lines.Dispose();
        Directory.Delete(_state, recursive: true);
    }

    /// <summary>Three signals did not end a filter whose reader stood still.</summary>
    [Fact]
    public async Task An_abort_leaves_a_write_behind_that_does_not_come_back_and_counts_nothing_of_it()
    {
        using var output = new StuckOutput();
        await using var run = await OpenAsync(Filter, output);

        var running = run.RunAsync();
        await output.Stuck.WaitAsync(AtMost, TestContext.Current.CancellationToken);
        run.Drain();
        run.Abort();
        var outcome = await InTimeAsync(running);
        output.LetGo();

        Assert.True(outcome.Aborted);
        Assert.True(outcome.LeftBehind);
        Assert.Null(outcome.Failure);
        Assert.Equal(0, outcome.Last.Books.Received);
        Assert.True(outcome.Balances);
    }

    [Fact]
    public async Task A_drain_ends_though_a_write_does_not_come_back()
    {
        using var output = new StuckOutput();
        await using var run = await OpenAsync(Filter, output);

        var running = run.RunAsync();
        await output.Stuck.WaitAsync(AtMost, TestContext.Current.CancellationToken);
        run.Drain();
        var outcome = await InTimeAsync(running);
        output.LetGo();

        Assert.True(outcome.Aborted);
        Assert.True(outcome.LeftBehind);
    }

    [Fact]
    public async Task An_abort_waits_a_moment_for_a_write_that_comes_back()
    {
        using var output = new StuckOutput();
        await using var run = await OpenAsync(Filter, output);

        var running = run.RunAsync();
        await output.Stuck.WaitAsync(AtMost, TestContext.Current.CancellationToken);
        run.Abort();
        output.LetGo();
        var outcome = await running.WaitAsync(AtMost, TestContext.Current.CancellationToken);

        Assert.True(outcome.Aborted);
        Assert.False(outcome.LeftBehind);
        Assert.Equal(3, outcome.Last.Books.Received);
        Assert.Equal(1, outcome.Last.Books.Duplicates);
    }

    /// <summary>It ended with exit code 0 and a warning.</summary>
    [Fact]
    public async Task A_run_fails_when_the_commit_of_its_last_dedup_checkpoint_fails()
    {
        await using (var first = await OpenAsync(Queue, Stream.Null))
            Assert.Null((await first.RunAsync()).Failure);
        using (var ledger = SqlConnection.Open(Path.Combine(_state, "ledger.db"), readOnly: false))
            ledger.Execute("CREATE TRIGGER full BEFORE INSERT ON seen_checkpoint BEGIN SELECT RAISE(FAIL, 'no space is left'); END");

        _lines.Position = 0;
        await using var run = await OpenAsync(Queue, Stream.Null);
        var outcome = await run.RunAsync().WaitAsync(AtMost, TestContext.Current.CancellationToken);

        Assert.IsType<LedgerException>(outcome.Failure);
    }

    /// <summary>The index was closed under the checkpoint that was being taken of it.</summary>
    [Fact]
    public async Task A_failing_run_waits_for_the_dedup_checkpoint_that_is_being_taken()
    {
        using var mayGoOn = new ManualResetEventSlim();
        var hangs = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var disk = new TroubledDisk
        {
            BeforeReplace = path =>
            {
                if (!path.Contains("filter.", StringComparison.Ordinal))
                    return;
                hangs.TrySetResult();
                mayGoOn.Wait();
            },
        };
        var text = Queue.Replace("memory_bytes", "checkpoint_every_urls: 1, memory_bytes", StringComparison.Ordinal);
        using var input = new FailingInput(_lines, hangs.Task);
        await using var run = await PipelineRun.OpenAsync(Define(text), new Seams { Time = _time, Disk = disk }, input, Stream.Null);

        var running = run.RunAsync();
        await input.Failed.WaitAsync(AtMost, TestContext.Current.CancellationToken);
        await Task.WhenAny(running, Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System, TestContext.Current.CancellationToken));
        var endedBefore = running.IsCompleted;
        mayGoOn.Set();
        var outcome = await InTimeAsync(running);

        Assert.False(endedBefore);
        Assert.IsType<StageFailedException>(outcome.Failure);
    }

    private Task<PipelineRun> OpenAsync(string text, Stream output) => PipelineRun.OpenAsync(Define(text), new Seams { Time = _time }, _lines, output);

    private PipelineDefinition Define(string text)
    {
        var mistakes = new List<Mistake>();
        var definition = PipelineReader.Read("p.yaml", text, StageCatalog.Kinds, [], _state, mistakes, []);
        Assert.Equal("", string.Join('\n', mistakes));
        return definition!;
    }

    /// <summary>Lets the time go by until the run has ended.</summary>
    private async Task<RunOutcome> InTimeAsync(Task<RunOutcome> running)
    {
        for (var waited = 0; !running.IsCompleted && waited < 4_000; waited++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.WhenAny(running, Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, TestContext.Current.CancellationToken));
        }

        return await running.WaitAsync(TimeSpan.FromMilliseconds(1), TestContext.Current.CancellationToken);
    }

    /// <summary>A pipe whose reader stands still: a write blocks its thread.</summary>
    private sealed class StuckOutput : MemoryStream
    {
        private readonly TaskCompletionSource _stuck = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly ManualResetEventSlim _mayGoOn = new();

        public Task Stuck => _stuck.Task;

        public void LetGo() => _mayGoOn.Set();

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _stuck.TrySetResult();
            _mayGoOn.Wait(cancellationToken);
            return ValueTask.CompletedTask;
        }
    }

    /// <summary>Gives its lines, and fails when it is told to.</summary>
    private sealed class FailingInput(Stream lines, Task when) : MemoryStream
    {
        private readonly TaskCompletionSource _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Failed => _failed.Task;

        public override int Read(byte[] buffer, int offset, int count)
        {
            if (lines.Read(buffer, offset, count) is > 0 and var read)
                return read;
            when.Wait(AtMost);
            _failed.TrySetResult();
            throw new IOException("The input is broken.");
        }
    }
}
