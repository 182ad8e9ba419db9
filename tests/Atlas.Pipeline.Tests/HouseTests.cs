using System.Xml.Linq;

namespace Atlas.Pipeline.Tests;

/// <summary>Arrows run Host -> Pipeline -> Urls, and nobody knows Host.</summary>
public sealed class HouseTests
{
    [Theory]
    [InlineData("Atlas.Urls", "")]
    [InlineData("Atlas.Pipeline", "Atlas.Urls")]
    [InlineData("Atlas.Pipeline.Host", "Atlas.Pipeline")]
    public void A_project_knows_only_the_one_below_it(string project, string expected)
    {
        var file = Path.Combine(Repository.Root, "src", project, project + ".csproj");

        var references = XDocument.Load(file).Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/')));

        Assert.Equal(expected, string.Join(",", references));
    }

    [Theory]
    [InlineData("Topology", "")]
    [InlineData("Ledger", "")]
    [InlineData("Hosts", "Topology")]
    [InlineData("Pressure", "Hosts")]
    [InlineData("Sources", "Ledger Topology")]
    [InlineData("Normalize", "Topology")]
    [InlineData("Classify", "Topology")]
    [InlineData("Dedup", "Ledger Topology")]
    [InlineData("Route", "Topology")]
    [InlineData("Write", "Topology")]
    [InlineData("Buffer", "Hosts Ledger Topology")]
    [InlineData("Fetch", "Hosts Topology")]
    [InlineData("Discover", "Topology")]
    [InlineData("Persist", "Ledger Topology")]
    [InlineData("Redirects", "Dedup Ledger")]
    [InlineData("Fsck", "DeadLetters Dedup Ledger Normalize Persist Sources Topology")]
    [InlineData("Export", "Ledger Persist")]
    [InlineData("DeadLetters", "Ledger")]
    [InlineData("Check", "Classify Dedup Ledger Normalize Sources Topology")]
    [InlineData("Migrate", "Check Classify Ledger Normalize Persist Sources")]
    public void A_room_knows_what_travels_and_the_rooms_it_may_know(string room, string allowed)
    {
        var folder = Path.Combine(Repository.Root, "src", "Atlas.Pipeline", room);

        var known = Directory.GetFiles(folder, "*.cs")
            .SelectMany(File.ReadLines)
            .Where(line => line.StartsWith("using Atlas.Pipeline.", StringComparison.Ordinal))
            .Select(line => line["using Atlas.Pipeline.".Length..].TrimEnd(';'))
            .Distinct()
            .Except(allowed.Split(' '))
            .Except([room]);

        Assert.Empty(known);
    }
}
