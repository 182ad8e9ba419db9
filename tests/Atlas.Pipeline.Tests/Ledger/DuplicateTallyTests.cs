using System.Text;
using Atlas.Pipeline.Ledger;
using Atlas.Urls;
using FsCheck.Xunit;

namespace Atlas.Pipeline.Tests.Ledger;

public sealed class DuplicateTallyTests
{
    private readonly UrlBatchPool _pool = new();

    [Property(MaxTest = 300)]
    public void The_kinds_add_up_to_the_duplicates_whatever_rules_applied(ushort[] applied)
    {
        var tally = new DuplicateTally();
        var source = tally.Of("feed");
        var batch = BatchFrom("h.example");
        foreach (var rules in applied)
        {
            batch.Rows[0].Applied = (AppliedRules)(rules & 0x7FFF);
            tally.Count(source, batch, duplicates: 1);
        }

        var counted = Assert.Single(tally.BySource());
        Assert.Equal(applied.Length, counted.Duplicates);
        Assert.Equal(applied.Length, SourceDuplicates.Kinds([counted]).Sum(kind => kind.Count));
    }

    [Fact]
    public void A_duplicate_is_of_the_most_telling_kind()
    {
        Assert.Equal("canonical", DuplicateKind.Names[DuplicateKind.Of(AppliedRules.None)]);
        Assert.Equal("parameters", DuplicateKind.Names[DuplicateKind.Of(AppliedRules.Scheme | AppliedRules.Parameters | AppliedRules.Fragment)]);
    }

    [Fact]
    public void Every_rule_has_its_kind()
    {
        foreach (var rule in Enum.GetValues<AppliedRules>().Except([AppliedRules.None]))
            Assert.Equal(rule.ToString(), DuplicateKind.Names[DuplicateKind.Of(rule)].Replace("_", "", StringComparison.Ordinal), ignoreCase: true);
        Assert.Equal(Enum.GetValues<AppliedRules>().Length, DuplicateKind.Count);
    }

    [Fact]
    public void Hosts_are_exact_in_a_short_list()
    {
        var tally = new DuplicateTally();
        var source = tally.Of("feed");
        foreach (var host in new[] { "a.example", "b.example", "a.example" })
            tally.Count(source, BatchFrom(host), duplicates: 1);

        var worst = tally.WorstHosts(9);
        Assert.Equal([new("a.example", 2, 0), new("b.example", 1, 0)], worst.Hosts);
        Assert.False(worst.IsSampled);
    }

    [Fact]
    public void Hosts_of_a_long_list_are_about_right_even_where_it_repeats_itself_in_steps_of_the_sampling()
    {
        var tally = new DuplicateTally();
        var source = tally.Of("feed");
        var (often, seldom) = (BatchFrom("often.example"), BatchFrom("seldom.example"));
        const int Lines = 6_400_000;
        for (var i = 0; i < Lines; i++)
            tally.Count(source, i % DuplicateTally.SampledFrom == 0 ? seldom : often, duplicates: 1);

        var worst = tally.WorstHosts(9);
        Assert.True(worst.IsSampled);
        Assert.Equal(["often.example", "seldom.example"], worst.Hosts.Select(host => host.Name));
        Assert.InRange(worst.Hosts[0].Count, Lines * 63L / 64 * 95 / 100, Lines * 63L / 64 * 105 / 100);
        Assert.InRange(worst.Hosts[1].Count, Lines / 64 * 80 / 100, Lines / 64 * 120 / 100);
        Assert.Equal(Lines, tally.BySource()[0].Duplicates);
    }

    [Fact]
    public void Lines_that_are_no_duplicates_are_received_and_not_counted()
    {
        var tally = new DuplicateTally();
        var batch = BatchFrom("a.example");
        batch.Count = 3;
        batch.Rows[1] = batch.Rows[0] with { Fate = Fate.Forward };
        batch.Rows[2] = batch.Rows[0];

        tally.Count(tally.Of("feed"), batch, duplicates: 2);

        Assert.Equal("feed 3 2 canonical=2", DuplicateBooksTests.Text(Assert.Single(tally.BySource())));
        Assert.Equal([new HeavyHitter("a.example", 2, 0)], tally.WorstHosts(1).Hosts);
    }

    private UrlBatch BatchFrom(string host)
    {
        var batch = _pool.Rent();
        batch.Count = 1;
        batch.Rows[0] = new UrlRow { Fate = Fate.Drop, HostStart = 0, HostLength = Encoding.UTF8.GetBytes(host, batch.Canonical) };
        return batch;
    }
}
