using Atlas.Pipeline.Graph;
using Atlas.Pipeline.Ledger;
using Atlas.Pipeline.Tests.Dedup;

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

    private readonly RunTestBed _bed = new();

    public void Dispose() => _bed.Dispose();

    /// <summary>Three signals did not end a filter whose reader stood still.</summary>
    [Fact]
    public async Task An_abort_leaves_a_write_behind_that_does_not_come_back_and_counts_nothing_of_it()
    {
        using var output = new StuckOutput();
        await using var run = await _bed.OpenAsync(Filter, output: output);

        var running = run.RunAsync();
        await output.Stuck.WaitAsync(RunTestBed.AtMost, TestContext.Current.CancellationToken);
        run.Drain();
        run.Abort();
        var outcome = await _bed.InTimeAsync(running);
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
        await using var run = await _bed.OpenAsync(Filter, output: output);

        var running = run.RunAsync();
        await output.Stuck.WaitAsync(RunTestBed.AtMost, TestContext.Current.CancellationToken);
        run.Drain();
        var outcome = await _bed.InTimeAsync(running);
        output.LetGo();

        Assert.True(outcome.Aborted);
        Assert.True(outcome.LeftBehind);
    }

    [Fact]
    public async Task An_abort_waits_a_moment_for_a_write_that_comes_back()
    {
        using var output = new StuckOutput();
        await using var run = await _bed.OpenAsync(Filter, output: output);

        var running = run.RunAsync();
        await output.Stuck.WaitAsync(RunTestBed.AtMost, TestContext.Current.CancellationToken);
        run.Abort();
        output.LetGo();
        var outcome = await RunTestBed.EndAsync(running);

        Assert.True(outcome.Aborted);
        Assert.False(outcome.LeftBehind);
        Assert.Equal(3, outcome.Last.Books.Received);
        Assert.Equal(1, outcome.Last.Books.Duplicates);
    }

    /// <summary>It ended with exit code 0 and a warning.</summary>
    [Fact]
    public async Task A_run_fails_when_the_commit_of_its_last_dedup_checkpoint_fails()
    {
        await using (var first = await _bed.OpenAsync(RunTestBed.Queue))
            Assert.Null((await first.RunAsync()).Failure);
        using (var ledger = SqlConnection.Open(Path.Combine(_bed.State, "ledger.db"), readOnly: false))
            ledger.Execute("CREATE TRIGGER full BEFORE INSERT ON seen_checkpoint BEGIN SELECT RAISE(FAIL, 'no space is left'); END");

        _bed.Lines.Position = 0;
        await using var run = await _bed.OpenAsync(RunTestBed.Queue);
        var outcome = await RunTestBed.EndAsync(run.RunAsync());

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
            BeforeFilter = _ =>
            {
                hangs.TrySetResult();
                mayGoOn.Wait();
            },
        };
        var text = RunTestBed.Queue.Replace("memory_bytes", "checkpoint_every_urls: 1, memory_bytes", StringComparison.Ordinal);
        using var input = new FailingInput(_bed.Lines, hangs.Task);
        await using var run = await _bed.OpenAsync(text, disk, input);

        var running = run.RunAsync();
        await input.Failed.WaitAsync(RunTestBed.AtMost, TestContext.Current.CancellationToken);
        await Task.WhenAny(running, Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System, TestContext.Current.CancellationToken));
        var endedBefore = running.IsCompleted;
        mayGoOn.Set();
        var outcome = await _bed.InTimeAsync(running);

        Assert.False(endedBefore);
        Assert.IsType<StageFailedException>(outcome.Failure);
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
            when.Wait(RunTestBed.AtMost);
            _failed.TrySetResult();
            throw new IOException("The input is broken.");
        }
    }
}
