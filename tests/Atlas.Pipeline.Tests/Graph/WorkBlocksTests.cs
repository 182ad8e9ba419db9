using System.Threading.Tasks.Dataflow;
using Atlas.Pipeline.Graph;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Tests.Graph;

public sealed class WorkBlocksTests : IDisposable
{
    private readonly CancellationTokenSource _abort = new();
    private readonly RunFailure _failure = new();
    private readonly List<Verdict> _settled = [];

    public void Dispose() => _abort.Dispose();

    [Fact]
    public async Task A_stage_that_throws_gives_a_verdict_and_the_items_behind_it_go_on()
    {
        await RunAsync(20, (item, _) => item.Sequence == 3 ? throw new InvalidOperationException("odd page") : ValueTask.FromResult(Verdict.Forward(item)));

        Assert.Equal(20, _settled.Count);
        var failed = Assert.Single(_settled, verdict => verdict.Fate != Fate.Forward);
        Assert.Equal(Reason.Unexpected, failed.Reason);
        Assert.Equal("InvalidOperationException in stage 'act': odd page", failed.Detail);
    }

    [Fact]
    public async Task One_slow_item_does_not_hold_up_those_behind_it()
    {
        var slow = new TaskCompletionSource();
        var seen = 0;

        await RunAsync(50, async (item, _) =>
        {
            if (item.Sequence == 0)
                await slow.Task;
            return Verdict.Forward(item);
        },
        onSettled: () =>
        {
            if (++seen == 49)
                slow.SetResult();
        });

        Assert.Equal(0, _settled[^1].Item.Sequence);
    }

    [Fact]
    public async Task An_abort_ends_the_wait_of_those_inside_and_loses_no_item()
    {
        var inside = 0;

        await RunAsync(10, async (item, abort) =>
        {
            if (Interlocked.Increment(ref inside) == 4)
                await _abort.CancelAsync();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, abort);
            return Verdict.Forward(item);
        });

        Assert.Equal(10, _settled.Count);
        Assert.All(_settled, verdict => Assert.Equal(Fate.Interrupted, verdict.Fate));
    }

    [Theory]
    [InlineData("disk")]
    [InlineData("ledger")]
    [InlineData("memory")]
    public async Task What_fails_on_our_side_ends_the_run_and_not_the_url(string what)
    {
        await RunAsync(1, (_, _) => throw (what switch
        {
            "disk" => new IOException("disk full"),
            "ledger" => new LedgerException("disk I/O error"),
            _ => new InsufficientMemoryException(),
        }));

        Assert.Equal(Fate.Interrupted, Assert.Single(_settled).Fate);
        await Assert.ThrowsAsync<StageFailedException>(() => _failure.Happened);
    }

    [Fact]
    public async Task An_item_that_one_stage_gave_up_passes_the_next_untouched()
    {
        var blocks = new WorkBlocks(new Seams(), _failure, new UnexpectedErrors(new Seams()), _abort.Token);
        var touched = 0;
        var block = blocks.Acting(new Act((item, _) =>
        {
            touched++;
            return ValueTask.FromResult(Verdict.Forward(item));
        }), GraphTestBed.Stage("act"), 2, new StageMeter("act", "act"));
        var given = Verdict.Failed(Item(1), Reason.Timeout, "too long");

        await block.SendAsync(given, TestContext.Current.CancellationToken);

        Assert.Equal(given, await block.ReceiveAsync(TestContext.Current.CancellationToken));
        Assert.Equal(0, touched);
    }

    [Fact]
    public async Task Every_item_that_leaves_a_stage_is_told_of_once()
    {
        var left = new List<long>();

        await RunAsync(6, (item, _) => ValueTask.FromResult(Verdict.Forward(item)), left: verdict =>
        {
            lock (left)
                left.Add(verdict.Item.Sequence);
        });

        Assert.Equal([0, 1, 2, 3, 4, 5], left.Order());
    }

    [Fact]
    public async Task An_item_that_waits_in_vain_before_a_stage_goes_back_to_the_queue_untouched()
    {
        var blocks = new WorkBlocks(new Seams(), _failure, new UnexpectedErrors(new Seams()), _abort.Token);
        var room = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        var touched = 0;
        var block = blocks.Acting(
            new Act((item, _) =>
            {
                touched++;
                return ValueTask.FromResult(Verdict.Forward(item));
            }),
            GraphTestBed.Stage("act"), 2, new StageMeter("act", "act"), enter: _ => new ValueTask<bool>(room.Task));

        await block.SendAsync(Verdict.Forward(Item(1)), TestContext.Current.CancellationToken);
        room.SetResult(false);
        var verdict = await block.ReceiveAsync(TestContext.Current.CancellationToken);

        Assert.Equal(Fate.Interrupted, verdict.Fate);
        Assert.Equal(0, touched);
    }

    private async Task RunAsync(int items, Func<WorkItem, CancellationToken, ValueTask<Verdict>> act, Action? onSettled = null, Action<Verdict>? left = null)
    {
        var blocks = new WorkBlocks(new Seams(), _failure, new UnexpectedErrors(new Seams()), _abort.Token);
        var block = blocks.Acting(new Act(act), GraphTestBed.Stage("act"), 4, new StageMeter("act", "act"), left);
        var end = blocks.Settling(verdict =>
        {
            _settled.Add(verdict);
            onSettled?.Invoke();
            return Task.CompletedTask;
        }, workers: 1);
        Links.Flow(block, end);
        Links.CompleteAfter(end, [block.Completion]);
        for (var i = 0; i < items; i++)
            await block.SendAsync(Verdict.Forward(Item(i)), TestContext.Current.CancellationToken);
        block.Complete();
        await end.Completion.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
    }

    private static WorkItem Item(int sequence) => new()
    {
        Sequence = sequence,
        ContentId = (UInt128)sequence,
        Url = $"http://a.test/{sequence}",
        HostKey = "a.test",
        Priority = PriorityClass.Normal,
    };

    private sealed class Act(Func<WorkItem, CancellationToken, ValueTask<Verdict>> act) : IWorkStage
    {
        public ValueTask<Verdict> ProcessAsync(WorkItem item, CancellationToken abort) => act(item, abort);
    }
}
