using System.Globalization;
using Atlas.Faults;
using Atlas.Pipeline.AcceptanceTests.Faults;
using Atlas.Pipeline.Graph;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.AcceptanceTests.Letters;

/// <summary>The first, second, third ... file operation of a replay or a purge goes wrong: it ends with an error or goes on, and the next one ends it with every letter in one place.</summary>
public sealed class LetterFaultTests
{
    [Fact]
    public async Task A_write_that_fails_costs_no_letter_and_doubles_none()
    {
        using var letters = await LetterState.MakeAsync(passing: 20, refused: 5, dead: 8);

        Assert.InRange(await CountDownAsync(letters, ReplayAsync, Ending.Fails, step: 7), 3, 1_000);
        Assert.InRange(await CountDownAsync(letters, PurgeAsync, Ending.IsShort, step: 7), 1, 1_000);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("length", "long")]
    [Trait("run", "faults")]
    public async Task No_operation_that_goes_wrong_costs_a_letter_or_doubles_one(bool replays)
    {
        using var letters = await LetterState.MakeAsync(passing: 20, refused: 5, dead: 8);
        foreach (var ending in (Ending[])[Ending.Fails, Ending.IsFull, Ending.IsShort])
        {
            var operations = await CountDownAsync(letters, replays ? ReplayAsync : PurgeAsync, ending, step: 1);
            TestContext.Current.TestOutputHelper!.WriteLine($"{ending}: {operations} operations.");
            Assert.True(operations > 10, $"Only {operations} operations.");
        }
    }

    /// <returns>How many operations went wrong.</returns>
    private static async Task<int> CountDownAsync(LetterState letters, Func<string, Seams, Task> deed, Ending ending, int step)
    {
        for (var count = 1; ; count += step)
        {
            var fault = new NthOperationFails(ending, count, onlyWrites: true);
            var state = letters.CopyTo(Path.Combine(Path.GetDirectoryName(letters.Untouched)!, string.Create(CultureInfo.InvariantCulture, $"trial-{ending}-{count}-{deed.Method.Name}")));
            using (SqliteFiles.Watch(state, fault))
            {
                try
                {
                    await deed(state, new Seams { Disk = new WatchedDisk(fault) });
                }
                catch (Exception refused) when (refused is IOException or UnauthorizedAccessException or LedgerException)
                {
                    // What the command answers with one line and exit code 1.
                }
            }

            if (fault.Failed is not { } failed)
                return count / step;
            var what = $"{ending} at {count}: {failed}";
            var isPurge = deed == PurgeAsync;
            var cut = LetterLook.At(state).Find(letters);
            Assert.True((isPurge ? cut with { Lost = 0 } : cut).IsClean, $"{what}: {cut}");
            await deed(state, new Seams());
            var look = LetterLook.At(state);
            var left = look.Find(letters);
            Assert.True((isPurge ? left with { Lost = 0 } : left).IsClean, $"{what}, and then: {left}");
            Assert.True(!look.HasUnfinished && look.Letters == (isPurge ? 0 : letters.Refused.Count), $"{what}: {look.Letters} letters are left.");
            Directory.Delete(state, recursive: true);
        }
    }

    /// <summary>Goes on with what was cut short, else begins.</summary>
    private static async Task ReplayAsync(string state, Seams seams)
    {
        var run = new ReplayRun(LetterState.Define(state), seams);
        var (outcome, _) = await run.RunAsync(Unfinished(state) ?? await run.BeginAsync("all", "me", Letters(state)), rate: null, Stream.Null).WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        Assert.True(outcome.Failure is not null || outcome.Balances);
    }

    private static async Task PurgeAsync(string state, Seams seams)
    {
        await using var ledger = SqliteLedger.Open(state, seams);
        foreach (var some in Letters(state).Chunk(10))
            await ledger.PurgeAsync(some);
    }

    private static Replay? Unfinished(string state)
    {
        using var acts = new ActReader(StateDirectory.LedgerFileIn(state));
        return acts.Unfinished();
    }

    private static List<long> Letters(string state)
    {
        using var ledger = SqlConnection.Open(StateDirectory.LedgerFileIn(state), readOnly: true);
        var letters = new List<long>();
        var rows = ledger.Prepare("SELECT seq FROM dead_letter_queue ORDER BY seq");
        while (rows.Step())
            letters.Add(rows.Int64(0));
        rows.Reset();
        return letters;
    }
}
