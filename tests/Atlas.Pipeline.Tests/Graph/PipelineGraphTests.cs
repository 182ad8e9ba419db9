using System.Collections.Concurrent;
using Atlas.Pipeline.Graph;
using Atlas.Pipeline.Topology;

namespace Atlas.Pipeline.Tests.Graph;

public class PipelineGraphTests
{
    private readonly ConcurrentQueue<string> _arrived = new();

    [Fact]
    public async Task Every_batch_of_every_source_arrives_though_one_source_ends_long_before_the_other()
    {
        var firstIsDone = new TaskCompletionSource();
        var bed = new GraphTestBed().Source("quick", 1).Source("late", 50, startsAfter: firstIsDone.Task)
            .Deciding("stage", _ => Task.CompletedTask, ["quick", "late"])
            .Ending("end", batch =>
            {
                Arrive(batch);
                firstIsDone.TrySetResult();
                return Task.CompletedTask;
            }, ["stage"]);

        await bed.RunAsync(TestContext.Current.CancellationToken);

        Assert.Equal(51, _arrived.Count);
    }

    [Fact]
    public async Task A_slow_taker_of_a_shared_output_gets_every_batch_too()
    {
        var slow = new ConcurrentQueue<string>();
        var bed = new GraphTestBed().Source("in", 100)
            .Deciding("stage", _ => Task.CompletedTask, ["in"])
            .Ending("fast", Take, ["stage"])
            .Ending("slow", async batch =>
            {
                for (var i = 0; i < 20; i++)
                    await Task.Yield();
                slow.Enqueue(GraphTestBed.TextOf(batch));
                batch.Release();
            }, ["stage"]);

        await bed.RunAsync(TestContext.Current.CancellationToken);

        Assert.Equal(100, _arrived.Count);
        Assert.Equal(100, slow.Count);
    }

    [Fact]
    public async Task Of_the_copies_of_a_batch_only_the_one_on_its_way_to_the_ledger_counts_in_the_books()
    {
        var counted = new ConcurrentQueue<(string Where, bool Counts)>();
        Func<UrlBatch, Task> Note(string where) => batch =>
        {
            counted.Enqueue((where, batch.CountsInBooks));
            batch.Release();
            return Task.CompletedTask;
        };
        var bed = new GraphTestBed().Source("in", 3)
            .Deciding("stage", _ => Task.CompletedTask, ["in"])
            .Ending("side", Note("side"), ["stage"])
            .Ending("buffer", Note("buffer"), ["stage"], StageRole.Buffer);

        await bed.RunAsync(TestContext.Current.CancellationToken);

        Assert.Equal(6, counted.Count);
        Assert.All(counted, note => Assert.Equal(note.Where == "buffer", note.Counts));
    }

    [Fact]
    public async Task With_no_ledger_behind_a_tee_the_copy_on_its_way_to_a_dedup_is_the_one_that_counts()
    {
        var counted = new ConcurrentQueue<bool>();
        var bed = new GraphTestBed().Source("in", 3)
            .Ending("raw", Take, ["in"])
            .Deciding("dedup", batch =>
            {
                counted.Enqueue(batch.CountsInBooks);
                return Task.CompletedTask;
            }, ["in"], role: StageRole.Dedup)
            .Ending("clean", Take, ["dedup"]);

        await bed.RunAsync(TestContext.Current.CancellationToken);

        Assert.Equal([true, true, true], counted);
    }

    [Fact]
    public async Task A_batch_goes_to_the_ledger_when_all_its_side_copies_have_reached_their_ends()
    {
        var order = new ConcurrentQueue<string>();
        Func<UrlBatch, Task> Slowly(string where) => async batch =>
        {
            for (var i = 0; i < 200; i++)
                await Task.Yield();
            order.Enqueue($"{where} {GraphTestBed.TextOf(batch)}");
            batch.Release();
        };
        var bed = new GraphTestBed().Source("in", 20)
            .Deciding("stage", _ => Task.CompletedTask, ["in"])
            .Routing("pieces", [null], (batch, outputs) =>
            {
                outputs[0] = batch.Fork();
                batch.Release();
            }, ["stage"])
            .Ending("buffer", batch =>
            {
                order.Enqueue($"ledger {GraphTestBed.TextOf(batch)}");
                batch.Release();
                return Task.CompletedTask;
            }, ["pieces"], StageRole.Buffer)
            .Ending("one", Slowly("one"), ["in"])
            .Ending("two", Slowly("two"), ["stage"])
            .Deciding("far", _ => Task.CompletedTask, ["stage"])
            .Ending("three", Slowly("three"), ["far"])
            .Ending("four", Slowly("four"), ["far"]);

        await bed.RunAsync(TestContext.Current.CancellationToken);

        Assert.Equal(100, order.Count);
        var all = order.ToList();
        for (var i = 0; i < 20; i++)
            Assert.All(["one", "two", "three", "four"], side => Assert.True(all.IndexOf($"{side} in-{i}") < all.IndexOf($"ledger in-{i}"), $"{side} comes after the ledger: in-{i}"));
    }

    [Fact]
    public async Task A_side_copy_that_fails_keeps_its_batch_from_the_ledger_and_the_graph_still_comes_to_its_end()
    {
        var bed = new GraphTestBed().Source("in", 20)
            .Deciding("stage", _ => Task.CompletedTask, ["in"])
            .Ending("buffer", Take, ["stage"], StageRole.Buffer)
            .Ending("side", batch =>
            {
                if (GraphTestBed.TextOf(batch) == "in-3")
                    throw new IOException("No space is left.");
                batch.Release();
                return Task.CompletedTask;
            }, ["stage"]);

        await bed.RunAsync(TestContext.Current.CancellationToken);

        await Assert.ThrowsAsync<StageFailedException>(() => bed.Failure.Happened);
        Assert.DoesNotContain("in-3", _arrived);
    }

    [Fact]
    public async Task A_stage_that_throws_fails_the_run_and_the_graph_still_comes_to_its_end()
    {
        var bed = new GraphTestBed().Source("in", 100)
            .Deciding("broken", batch => GraphTestBed.TextOf(batch) == "in-3" ? throw new InvalidOperationException("bug") : Task.CompletedTask, ["in"])
            .Ending("end", Take, ["broken"]);

        await bed.RunAsync(TestContext.Current.CancellationToken);

        var error = await Assert.ThrowsAsync<StageFailedException>(() => bed.Failure.Happened);
        Assert.Equal("Stage 'broken' failed: bug", error.Message);
        Assert.DoesNotContain("in-3", _arrived);
    }

    [Fact]
    public async Task Batches_leave_in_the_order_they_came_though_several_are_decided_on_at_once()
    {
        var first = new TaskCompletionSource();
        var bed = new GraphTestBed().Source("in", 40)
            .Deciding("stage", async batch =>
            {
                if (GraphTestBed.TextOf(batch) == "in-1")
                    first.TrySetResult();
                if (GraphTestBed.TextOf(batch) == "in-0")
                    await first.Task;
            }, ["in"], parallelism: 2)
            .Ending("end", Take, ["stage"]);

        await bed.RunAsync(TestContext.Current.CancellationToken);

        Assert.Equal(Enumerable.Range(0, 40).Select(i => $"in-{i}"), _arrived);
    }

    [Fact]
    public async Task A_full_stage_makes_its_source_wait_instead_of_filling_memory()
    {
        var open = new TaskCompletionSource();
        var bed = new GraphTestBed().Source("in", 1000)
            .Deciding("stage", async _ => await open.Task, ["in"])
            .Ending("end", Take, ["stage"]);

        var graph = bed.Build();
        var running = graph.StartSources(CancellationToken.None);
        await Task.WhenAny(running, Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, TestContext.Current.CancellationToken));
        var sentWhileClosed = graph.Meters[0].Taken;
        open.SetResult();
        await running;
        await graph.AdmissionCompleted;

        Assert.InRange(sentWhileClosed, 1, 2);
        Assert.Equal(1000, _arrived.Count);
    }

    [Fact]
    public async Task A_drain_stops_the_source_and_everything_read_arrives()
    {
        using var drain = new CancellationTokenSource();
        var bed = new GraphTestBed().Source("in", 1_000_000)
            .Deciding("stage", _ => Task.CompletedTask, ["in"])
            .Ending("end", batch =>
            {
                if (_arrived.Count == 10)
                    drain.Cancel();
                return Take(batch);
            }, ["stage"]);

        var graph = await bed.RunAsync(drain.Token);

        Assert.InRange(_arrived.Count, 11, 100);
        Assert.Equal(graph.Meters.Single(meter => meter.Name == "in").Taken, _arrived.Count);
    }

    [Fact]
    public async Task A_route_sends_each_batch_to_the_output_it_names()
    {
        var even = new ConcurrentQueue<string>();
        var bed = new GraphTestBed().Source("in", 10)
            .Routing("route", [null, "even"], (batch, outputs) => outputs[GraphTestBed.TextOf(batch)[^1] % 2 == 0 ? 1 : 0] = batch, ["in"])
            .Ending("odd", Take, ["route"])
            .Ending("rest", batch =>
            {
                even.Enqueue(GraphTestBed.TextOf(batch));
                batch.Release();
                return Task.CompletedTask;
            }, ["route.even"]);

        await bed.RunAsync(TestContext.Current.CancellationToken);

        Assert.Equal(["in-1", "in-3", "in-5", "in-7", "in-9"], _arrived);
        Assert.Equal(["in-0", "in-2", "in-4", "in-6", "in-8"], even);
    }

    private Task Take(UrlBatch batch)
    {
        Arrive(batch);
        batch.Release();
        return Task.CompletedTask;
    }

    private void Arrive(UrlBatch batch) => _arrived.Enqueue(GraphTestBed.TextOf(batch));
}
