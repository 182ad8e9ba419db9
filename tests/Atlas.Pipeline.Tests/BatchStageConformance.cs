using System.Text;
using Atlas.Pipeline.Classify;
using Atlas.Pipeline.Dedup;
using Atlas.Pipeline.Normalize;
using Atlas.Pipeline.Tests.Dedup;
using FsCheck.Xunit;

namespace Atlas.Pipeline.Tests;

/// <summary>What every stage that decides on lines must do, whatever they hold.</summary>
public abstract class BatchStageConformance
{
    private static readonly string[] Beginnings = ["http://a.test/", "HTTPS://A.test:443/b?utm_source=c&d=%zz", "file:///x", "mailto:a@b", "http://[", "//a.test", "http://ü.test/?q=", ""];

    private readonly UrlBatchPool _pool = new();

    private protected abstract IBatchStage Make();

    [Property(MaxTest = 60)]
    public async Task Each_line_on_its_way_gets_one_fate_and_the_others_travel_on_untouched(byte[][] ends, int seed)
    {
        var stage = Make();
        using var owned = stage as IDisposable;
        var batch = await BatchOfAsync(ends, new Random(seed));
        var (before, text) = (batch.ActiveRows.ToArray(), batch.Text.AsSpan().ToArray());

        await stage.ProcessAsync(batch);

        Assert.Equal(before.Length, batch.Count);
        Assert.Equal(text, batch.Text);
        for (var i = 0; i < before.Length; i++)
        {
            var (was, row) = (before[i], batch.Rows[i]);
            Assert.Equal((was.TextStart, was.TextLength, was.SourceOffset), (row.TextStart, row.TextLength, row.SourceOffset));
            Assert.True(row.Fate is Fate.Forward or Fate.Drop or Fate.DeadLetter);
            Assert.Equal(row.Fate == Fate.Forward, row.Reason == Reason.None);
            if (was.Fate != Fate.Forward)
                Assert.Equal((was.Fate, was.Reason, was.Flaw), (row.Fate, row.Reason, row.Flaw));
        }

        batch.Release();
    }

    [Fact]
    public async Task A_batch_without_lines_is_nothing_to_it()
    {
        var stage = Make();
        using var owned = stage as IDisposable;
        var batch = _pool.Rent();

        await stage.ProcessAsync(batch);

        Assert.Equal(0, batch.Count);
        batch.Release();
    }

    [Property(MaxTest = 20)]
    public async Task One_that_never_waits_has_completed_when_it_returns(byte[][] ends, int seed)
    {
        var stage = Make();
        using var owned = stage as IDisposable;
        var deciding = stage.ProcessAsync(await BatchOfAsync(ends, new Random(seed))).AsTask();

        Assert.True(!stage.NeverWaits || deciding.IsCompletedSuccessfully);
        await deciding;
    }

    /// <summary>Lines that begin like URLs and end in anything, normalized, of which some have left already.</summary>
    private async Task<UrlBatch> BatchOfAsync(byte[][] ends, Random chance)
    {
        var batch = _pool.Rent();
        var at = 0;
        foreach (var end in ends.Take(UrlBatch.MaxRows))
        {
            byte[] line = [.. Encoding.UTF8.GetBytes(Beginnings[chance.Next(Beginnings.Length)]), .. end];
            line.CopyTo(batch.Text, at);
            batch.Rows[batch.Count++] = new UrlRow { TextStart = at, TextLength = line.Length, SourceOffset = chance.Next() };
            at += line.Length;
        }

        if (chance.Next(4) > 0)
            await new NormalizeStage(new NormalizeOptions()).ProcessAsync(batch);
        foreach (ref var row in batch.ActiveRows)
        {
            var left = chance.Next(5);
            if (row.Fate == Fate.Forward && left == 0)
                row.DropAsDuplicate();
            else if (row.Fate == Fate.Forward && left == 1)
                row.Reject(Reason.SchemeFile);
        }

        return batch;
    }
}

public sealed class NormalizeStageConformanceTests : BatchStageConformance
{
    private protected override IBatchStage Make() => new NormalizeStage(new NormalizeOptions());
}

public sealed class ClassifyStageConformanceTests : BatchStageConformance
{
    private protected override IBatchStage Make() => new ClassifyStage(new ClassifyOptions());
}

public sealed class DedupStageConformanceTests : BatchStageConformance
{
    private protected override IBatchStage Make() => new DedupStage(DedupTestBed.Small, new InMemorySeenStore());
}
