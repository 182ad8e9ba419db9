using System.Globalization;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.AcceptanceTests;

/// <summary>Books that were tampered with between two runs: exit code 3, and what is off by how much.</summary>
public sealed class BooksTests
{
    [Theory]
    [InlineData("UPDATE counters SET value = value + 3 WHERE name = 'done'", "admitted 5", "done 8")]
    [InlineData("UPDATE counters SET value = value + 2 WHERE name IN ('done', 'admitted')", "7 admitted", "5 rows")]
    [InlineData("DELETE FROM content_metadata WHERE id = 1", "5 done", "4 rows")]
    public async Task Books_that_do_not_balance_end_a_run_with_3_and_a_sentence_about_what_is_off(string tampering, string one, string other)
    {
        await using var bench = await Workbench.OpenAsync();
        var input = bench.Write("list", string.Join('\n', Enumerable.Range(0, 5).Select(i => bench.Url(string.Create(CultureInfo.InvariantCulture, $"/page/{100 + i}/1")))));
        var good = await AtlasProgram.RunAsync(bench.Folder, input, bench.Run("minimal.yaml"));
        using (var ledger = SqlConnection.Open(Path.Combine(bench.State, "ledger.db")))
            ledger.Execute(tampering);

        var bad = await AtlasProgram.RunAsync(bench.Folder, input: null, bench.Run("minimal.yaml"));

        Assert.True(good.ExitCode == 0, good.ToString());
        Assert.Equal(3, bad.ExitCode);
        Assert.False(bad.Report.GetProperty("balanced").GetBoolean());
        Assert.Contains("THE BOOKS DO NOT BALANCE", bad.Errors, StringComparison.Ordinal);
        Assert.Contains(one, bad.Errors, StringComparison.Ordinal);
        Assert.Contains(other, bad.Errors, StringComparison.Ordinal);
    }
}
