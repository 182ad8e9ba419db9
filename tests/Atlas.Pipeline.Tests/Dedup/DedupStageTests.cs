using Atlas.Pipeline.Dedup;

namespace Atlas.Pipeline.Tests.Dedup;

public sealed class DedupStageTests : IDisposable
{
    private readonly UrlBatchPool _pool = new();
    private readonly InMemorySeenStore _store = new();
    private readonly DedupStage _stage;

    public DedupStageTests() => _stage = new DedupStage(DedupTestBed.Small, _store);

    public void Dispose()
    {
        _stage.Dispose();
        _store.Dispose();
    }

    [Fact]
    public async Task The_first_of_a_url_goes_on_and_later_ones_are_dropped()
    {
        var first = BatchOf((1, Fate.Forward), (2, Fate.Forward), (1, Fate.Forward));
        var second = BatchOf((2, Fate.Forward), (3, Fate.Forward));
        await _stage.ProcessAsync(first);
        await _stage.ProcessAsync(second);

        Assert.Equal([Fate.Forward, Fate.Forward, Fate.Drop], FatesOf(first));
        Assert.Equal([Fate.Drop, Fate.Forward], FatesOf(second));
        Assert.Equal(Reason.Duplicate, second.Rows[0].Reason);
    }

    [Fact]
    public async Task A_refused_line_that_comes_again_is_a_repeat_and_never_makes_its_url_a_duplicate()
    {
        var batch = BatchOf((1, Fate.DeadLetter), (1, Fate.DeadLetter), (1, Fate.Forward));
        await _stage.ProcessAsync(batch);

        Assert.Equal([Fate.DeadLetter, Fate.DeadLetter, Fate.Forward], FatesOf(batch));
        Assert.Equal([false, true, false], batch.ActiveRows.ToArray().Select(row => row.IsRepeat));
    }

    [Fact]
    public async Task A_row_that_left_before_uses_up_no_key()
    {
        await _stage.ProcessAsync(BatchOf((1, Fate.Drop)));
        Assert.Equal(0, _store.Count);
    }

    [Fact]
    public async Task A_decided_batch_is_inside_until_it_is_released()
    {
        var batch = BatchOf((1, Fate.Forward));
        await _stage.ProcessAsync(batch);
        var decided = _stage.TakeDecided();
        Assert.Equal(1, decided.Count);
        batch.Release();
        Assert.Equal(0, decided.Count);
    }

    [Fact]
    public async Task What_is_decided_after_the_decided_was_taken_counts_apart()
    {
        var before = BatchOf((1, Fate.Forward));
        await _stage.ProcessAsync(before);
        var decided = _stage.TakeDecided();
        await _stage.ProcessAsync(BatchOf((2, Fate.Forward)));
        before.Release();
        Assert.Equal(0, decided.Count);
        Assert.Equal(1, _stage.TakeDecided().Count);
    }

    [Fact]
    public async Task A_copy_outside_the_books_uses_up_no_key()
    {
        var copy = BatchOf((1, Fate.Forward), (1, Fate.Forward));
        copy.CountsInBooks = false;
        await _stage.ProcessAsync(copy);

        Assert.Equal([Fate.Forward, Fate.Forward], FatesOf(copy));
        Assert.Equal(0, _store.Count);
    }

    [Fact]
    public async Task Parallel_batches_of_one_url_forward_it_once()
    {
        var batches = Enumerable.Range(0, 64).Select(_ => BatchOf((1, Fate.Forward), (2, Fate.Forward))).ToArray();
        await Parallel.ForEachAsync(batches, async (batch, _) => await _stage.ProcessAsync(batch));
        Assert.Equal(2, batches.SelectMany(FatesOf).Count(fate => fate == Fate.Forward));
    }

    private static Fate[] FatesOf(UrlBatch batch) => [.. batch.ActiveRows.ToArray().Select(row => row.Fate)];

    private UrlBatch BatchOf(params (int Id, Fate Fate)[] rows)
    {
        var batch = _pool.Rent();
        foreach (var (id, fate) in rows)
            batch.Rows[batch.Count++] = new UrlRow { ContentId = (UInt128)id, Fate = fate };
        return batch;
    }
}
