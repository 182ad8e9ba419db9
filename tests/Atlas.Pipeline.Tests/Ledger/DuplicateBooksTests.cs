using System.Text;
using Atlas.Pipeline.Ledger;
using Atlas.Urls;

namespace Atlas.Pipeline.Tests.Ledger;

public sealed class DuplicateBooksTests
{
    [Fact]
    public async Task Duplicates_are_in_the_books_by_source_and_kind()
    {
        await using var bed = LedgerTestBed.Fresh();

        await AdmitDuplicatesAsync(bed, "feed", AppliedRules.None, AppliedRules.Parameters, AppliedRules.Parameters);
        await AdmitDuplicatesAsync(bed, "other", AppliedRules.Www);

        var books = bed.Ledger.Books;
        Assert.Equal(4, books.Duplicates);
        Assert.Equal(["feed 3 3 parameters=2 canonical=1", "other 1 1 www=1"], books.DuplicatesBySource.Select(Text));
        Assert.Equal([new HeavyHitter("h.example", 4, 0)], bed.Ledger.WorstHosts(9).Hosts);
    }

    [Fact]
    public async Task They_are_counted_on_over_a_restart_and_the_books_show_one_run()
    {
        await using var bed = LedgerTestBed.Fresh();
        await AdmitDuplicatesAsync(bed, "feed", AppliedRules.Parameters);
        await bed.ReopenAsync();

        Assert.Empty(bed.Ledger.Books.DuplicatesBySource);
        await AdmitDuplicatesAsync(bed, "feed", AppliedRules.Parameters, AppliedRules.Path);
        await bed.ReopenAsync();
        await AdmitDuplicatesAsync(bed, "feed", AppliedRules.Fragment);

        Assert.Equal(["feed 1 1 fragment=1"], bed.Ledger.Books.DuplicatesBySource.Select(Text));
        using var lookup = new LedgerLookup(Path.Combine(bed.Directory, "ledger.db"));
        var (sources, worst) = lookup.Duplicates(9);
        Assert.Equal(["feed 4 4 parameters=2 path=1 fragment=1"], sources.Select(Text));
        Assert.Equal([new HeavyHitter("h.example", 4, 0)], worst.Hosts);
    }

    [Fact]
    public async Task Hosts_that_somebody_has_damaged_are_left_out()
    {
        await using var bed = LedgerTestBed.Fresh();
        await AdmitDuplicatesAsync(bed, "feed", AppliedRules.Path);
        await bed.Ledger.DisposeAsync();
        using (var connection = SqlConnection.Open(Path.Combine(bed.Directory, "ledger.db")))
            connection.Execute("UPDATE meta SET value = 'x y\na 1\nb 2 0\nc c c' WHERE name = 'worst_hosts'");

        await bed.ReopenAsync();

        using var lookup = new LedgerLookup(Path.Combine(bed.Directory, "ledger.db"));
        Assert.Equal([new HeavyHitter("b", 2, 0)], lookup.Duplicates(9).Hosts.Hosts);
    }

    internal static string Text(SourceDuplicates source) =>
        $"{source.Source} {source.Received} {source.Duplicates} {string.Join(' ', SourceDuplicates.Kinds([source]).Select(kind => $"{kind.Kind}={kind.Count}"))}";

    private static async Task AdmitDuplicatesAsync(LedgerTestBed bed, string source, params AppliedRules[] applied)
    {
        var batch = bed.Batch([.. applied.Select(_ => "http://h.example/")], decide: rows =>
        {
            for (var i = 0; i < applied.Length; i++)
            {
                rows[i].DropAsDuplicate();
                rows[i].Applied = applied[i];
                rows[i].HostLength = "h.example".Length;
            }
        });
        batch.Source = source;
        Encoding.UTF8.GetBytes("h.example", batch.Canonical);
        await bed.Ledger.AdmitAsync(batch);
        await bed.Ledger.FlushAsync();
    }
}
