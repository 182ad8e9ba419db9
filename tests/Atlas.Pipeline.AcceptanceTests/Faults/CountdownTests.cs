using Atlas.Faults;

namespace Atlas.Pipeline.AcceptanceTests.Faults;

/// <summary>The first, second, third ... file operation goes wrong, SQLite's own below SQLite: the run ends with an error or goes on, and the next one has every URL exactly once.</summary>
public sealed class CountdownTests
{
    [Fact]
    public async Task A_write_that_fails_costs_no_URL_and_doubles_none()
    {
        await using var bench = await FaultBench.OpenAsync(hasWeb: false, lines: 60);

        Assert.InRange(await bench.CountDownAsync(Ending.Fails, onlyWrites: true, step: 3), 5, 1_000);
        Assert.InRange(await bench.CountDownAsync(Ending.IsFull, step: 5), 3, 1_000);
        Assert.InRange(await bench.CountDownAsync(Ending.IsShort, step: 5), 3, 1_000);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [Trait("length", "long")]
    [Trait("run", "faults")]
    public async Task No_operation_that_goes_wrong_costs_a_URL_or_doubles_one(bool hasWeb, bool wasKilled)
    {
        await using var bench = await FaultBench.OpenAsync(hasWeb, lines: 60);
        if (wasKilled)
            await bench.BeginWithAKilledRunAsync();

        foreach (var ending in (Ending[])[Ending.Fails, Ending.IsFull, Ending.IsShort])
        {
            var operations = await bench.CountDownAsync(ending);
            TestContext.Current.TestOutputHelper!.WriteLine($"{ending}: {operations} operations, {bench.WentOn.Count} runs went on.");
            bench.WentOn.ForEach(TestContext.Current.TestOutputHelper.WriteLine);
            Assert.All(bench.WentOn.Where(run => !IsOfClosing(run)), run => Assert.True(IsSaid(run), run));
            bench.WentOn.Clear();
            Assert.True(operations > 20, $"Only {operations} operations.");
        }
    }

    /// <summary>What a run may go on without: a checkpoint of the index, a copy of the WAL that a later one makes, or a segment that is compressed later.</summary>
    private static bool IsSaid(string run) =>
        run.Contains("dedup index", StringComparison.Ordinal) || run.Contains("The ledger's WAL could not be copied", StringComparison.Ordinal)
        || run.Contains("A segment of bodies could not be compressed", StringComparison.Ordinal);

    /// <summary>Closing a connection, SQLite tries to copy and to shorten the WAL, and is silent when it cannot: the next to close, or the next start, does it.</summary>
    private static bool IsOfClosing(string run) =>
        run.StartsWith("Lock ledger.db:", StringComparison.Ordinal) || run.StartsWith("Length ledger.db-wal:", StringComparison.Ordinal);
}
