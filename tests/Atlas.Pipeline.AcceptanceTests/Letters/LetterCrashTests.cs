using System.Text;
using Atlas.Pipeline.AcceptanceTests.Crash;
using Atlas.Pipeline.Tests;

namespace Atlas.Pipeline.AcceptanceTests.Letters;

/// <summary>kill -9 while dead letters are replayed, purged or imported: none is lost, none is there twice.</summary>
public sealed class LetterCrashTests
{
    private static readonly string Page = Path.Combine(Repository.Root, "docs", "crash-letters.md");

    [Theory]
    [InlineData("Replay", "letters-committed")]
    [InlineData("Purge", "letter-gone")]
    [InlineData("Import", "row")]
    public async Task A_kill_loses_no_letter_and_doubles_none(string deed, string point)
    {
        using var letters = await LetterState.MakeAsync(passing: 1_000, refused: 100, dead: 200);

        var findings = await TryAsync(LetterCrashPoint.All.Single(each => each.Deed.ToString() == deed && each.Name == point), letters, rounds: 1);

        Assert.Equal(new CrashFindings(2, 0, 0, 0, 0), findings);
    }

    [Fact]
    [Trait("length", "long")]
    [Trait("run", "crash")]
    public async Task No_kill_loses_a_letter_or_doubles_one()
    {
        using var letters = await LetterState.MakeAsync(passing: 1_000, refused: 100, dead: 200);
        var rows = new List<(LetterCrashPoint Point, CrashFindings Findings)>();
        foreach (var point in LetterCrashPoint.All)
        {
            rows.Add((point, await TryAsync(point, letters, point.Rounds)));
            TestContext.Current.TestOutputHelper!.WriteLine($"{point.Deed} {point.Name}: {rows[^1].Findings}");
        }

        await File.WriteAllTextAsync(Page, Write(rows), TestContext.Current.CancellationToken);
        Assert.All(rows, row => Assert.True(row.Findings.IsClean, $"{row.Point}: {row.Findings}"));
    }

    /// <summary>The figures are the long run's; that they are about these points can be told without it.</summary>
    [Fact]
    public void The_page_has_a_clean_row_for_every_point()
    {
        var rows = LetterCrashPoint.All.Select(point => (point, new CrashFindings(point.Rounds + 1, 0, 0, 0, 0))).ToList();

        Assert.True(File.Exists(Page) && File.ReadAllText(Page) == Write(rows), "docs/crash-letters.md is stale. Run 'make test-crash' and commit what it writes.");
    }

    private static async Task<CrashFindings> TryAsync(LetterCrashPoint point, LetterState letters, int rounds)
    {
        var exported = Path.Combine(Directory.CreateTempSubdirectory("atlas-letter-export-").FullName, "letters.jsonl");
        try
        {
            if (point.Deed == LetterDeed.Import)
            {
                var export = await AtlasProgram.RunAsync(Path.GetDirectoryName(exported)!, null, "dlq", "export", "--state", letters.Untouched, "--out", exported, "--quiet");
                Assert.True(export.ExitCode == 0, export.ToString());
            }

            using var bench = new LetterCrashBench(point, letters, exported);
            var findings = new CrashFindings(0, 0, 0, 0, 0);
            for (var round = 0; round < rounds; round++)
                findings += await bench.KillAsync();
            return findings + await bench.FinishAsync();
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(exported)!, recursive: true);
        }
    }

    private static string Write(IReadOnlyList<(LetterCrashPoint Point, CrashFindings Findings)> rows)
    {
        var page = new StringBuilder("""
            # Kills while dead letters are worked on

            What is left when `atlas dlq` is killed with SIGKILL. Written by `make test-crash`, which runs every round of it; the same for `atlas run` is in [crash-matrix.md](crash-matrix.md).

            1,300 dead letters: 1,000 lines that today's rules let pass, 100 that they refuse again, 200 URLs that were given up. The real program kills its own process when it comes to the point for the n-th time, n drawn anew for every round. Then it is called again, with `--resume` where a replay was cut short, and killed again; at last the shipped program goes on to the end, and `atlas fsck` must find nothing. After each round a copy of the ledger is read with plain SQLite, never with the program's own code.

            - *Lost*: letters that are neither dead letters still, nor queued, nor in a backup of a purge that is whole.
            - *Twice*: letters that are in two places, or queued twice.
            - *Beyond*: counts of replays and of the books that do not fit their rows.
            - *Damaged*: what SQLite's integrity check finds.

            | | Killed | Kills | Lost | Twice | Beyond | Damaged |
            |---|---|--:|--:|--:|--:|--:|

            """.ReplaceLineEndings("\n"));
        foreach (var (point, found) in rows)
            page.Append($"| {point.Deed.ToString().ToLowerInvariant()} | {point.Moment} | {point.Rounds} | {found.Lost} | {found.Twice} | {found.Beyond} | {found.Damaged} |\n");
        var all = rows.Aggregate(new CrashFindings(0, 0, 0, 0, 0), (sum, row) => sum + row.Findings);
        return page.Append($"| all | | {rows.Sum(row => row.Point.Rounds)} | {all.Lost} | {all.Twice} | {all.Beyond} | {all.Damaged} |\n").ToString();
    }
}
