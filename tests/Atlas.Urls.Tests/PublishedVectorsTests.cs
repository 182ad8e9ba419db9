using System.Text;
using System.Text.RegularExpressions;

namespace Atlas.Urls.Tests;

/// <summary>What docs/canonicalization.md promises to other languages is what the program does.</summary>
public sealed partial class PublishedVectorsTests
{
    [Fact]
    public void The_published_content_ids_are_computed()
    {
        var rows = Vector().Matches(File.ReadAllText(Path.Combine(Repository(), "docs", "canonicalization.md")));
        Assert.True(rows.Count >= 8);
        foreach (Match row in rows)
        {
            Assert.Equal(row.Groups["form"].Value, Spelling.Of(row.Groups["line"].Value));
            Assert.Equal(row.Groups["id"].Value, ContentId.ToHex(ContentId.Of(Encoding.UTF8.GetBytes(row.Groups["form"].Value))));
        }
    }

    private static string Repository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Atlas.Pipeline.sln")))
            folder = folder.Parent ?? throw new InvalidOperationException("The repository is not around the tests.");
        return folder.FullName;
    }

    [GeneratedRegex(@"^\| `(?<line>[^`]+)` \| `(?<form>[^`]+)` \| `(?<id>[0-9a-f]{32})` \|$", RegexOptions.Multiline)]
    private static partial Regex Vector();
}
