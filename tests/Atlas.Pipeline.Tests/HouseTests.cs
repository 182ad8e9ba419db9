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
}
