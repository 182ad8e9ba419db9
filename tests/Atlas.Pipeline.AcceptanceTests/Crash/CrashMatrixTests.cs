using Atlas.Pipeline.Tests;

namespace Atlas.Pipeline.AcceptanceTests.Crash;

/// <summary>kill -9 at every boundary, with both sources: nothing acknowledged is lost, nothing is recorded twice, every committed position is exact.</summary>
public sealed class CrashMatrixTests
{
    private static readonly string Page = Path.Combine(Repository.Root, "docs", "crash-matrix.md");
    private static readonly string? Points = Environment.GetEnvironmentVariable("ATLAS_CRASH_POINTS");

    [Theory]
    [InlineData("row", true)]
    [InlineData("wal-write", false)]
    [InlineData("committed", true)]
    [InlineData("manifest", false)]
    [InlineData("body-synced", true)]
    public async Task A_kill_loses_nothing_and_doubles_nothing(string point, bool isTail)
    {
        await using var bench = await CrashBench.OpenAsync(CrashPoint.Of(point), isTail);

        var findings = await bench.KillAsync() + await bench.FinishAsync();

        Assert.Equal(new CrashFindings(2, 0, 0, 0, 0), findings);
    }

    [Fact]
    [Trait("length", "long")]
    [Trait("run", "crash")]
    public async Task Two_hundred_kills_lose_nothing_and_double_nothing()
    {
        var matrix = new List<CrashMatrixRow>();
        foreach (var point in Wanted())
        {
            foreach (var isTail in point.Tails)
            {
                await using var bench = await CrashBench.OpenAsync(point, isTail);
                var findings = new CrashFindings(0, 0, 0, 0, 0);
                for (var round = 0; round < point.Rounds; round++)
                    findings += await bench.KillAsync();
                findings += await bench.FinishAsync();
                matrix.Add(new CrashMatrixRow(point, isTail, findings));
                TestContext.Current.TestOutputHelper!.WriteLine($"{bench}: {findings}");
            }
        }

        if (string.IsNullOrEmpty(Points))
            await File.WriteAllTextAsync(Page, CrashMatrixPage.Write(matrix), TestContext.Current.CancellationToken);
        Assert.All(matrix, row => Assert.True(row.Findings.IsClean, $"{row.Point.Name}: {row.Findings}"));
    }

    /// <summary>With POINTS only those, and no page.</summary>
    private static IEnumerable<CrashPoint> Wanted() =>
        Points is { Length: > 0 } names ? names.Split(',').Select(CrashPoint.Of) : CrashPoint.All;

    /// <summary>The figures are the long run's; that they are about these points can be told without it.</summary>
    [Fact]
    public void The_page_of_the_matrix_has_a_clean_row_for_every_point_and_source()
    {
        Assert.Equal(212, CrashPoint.All.Sum(point => point.Rounds * point.Tails.Count));

        var rows = CrashPoint.All.SelectMany(point => point.Tails.Select(isTail => new CrashMatrixRow(point, isTail, new CrashFindings(point.Rounds + 1, 0, 0, 0, 0)))).ToList();

        Assert.True(File.Exists(Page) && File.ReadAllText(Page) == CrashMatrixPage.Write(rows), "docs/crash-matrix.md is stale. Run 'make test-crash' and commit what it writes.");
    }
}
