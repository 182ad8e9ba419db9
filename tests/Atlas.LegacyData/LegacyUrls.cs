using System.Globalization;

namespace Atlas.LegacyData;

/// <summary>URLs of legacy rows: pages by number in many spellings, local files, and lines that are neither.</summary>
internal static class LegacyUrls
{
    private const int Sites = 997;

    /// <summary>The plain spelling of a page.</summary>
    public static string Page(int number) => string.Create(CultureInfo.InvariantCulture, $"https://site{number % Sites}.example/articles/{number}/a-title-of-some-length-{number}?view=full&page=1");

    /// <summary>Another spelling of it.</summary>
    public static string Disguised(int number, int way) => (way % 6) switch
    {
        0 => Page(number).Replace("https:", "http:", StringComparison.Ordinal),
        1 => Page(number) + "&utm_source=newsletter&utm_medium=email",
        2 => string.Create(CultureInfo.InvariantCulture, $"HTTPS://Site{number % Sites}.Example:443/articles/{number}/a-title-of-some-length-{number}?page=1&view=full"),
        3 => Page(number) + "#comments",
        4 => Page(number).Replace("/articles/", "/x/../articles/", StringComparison.Ordinal),
        _ => Page(number) + "&fbclid=abc123",
    };

    public static string File(int number) => string.Create(CultureInfo.InvariantCulture, $"file:///home/user/atlas/output/html/article-{number}.html");

    public static string Unfetchable(int number) => (number % 3) switch
    {
        0 => string.Create(CultureInfo.InvariantCulture, $"not a url at all {number}"),
        1 => string.Create(CultureInfo.InvariantCulture, $"ftp://old.example/file-{number}.zip"),
        _ => string.Create(CultureInfo.InvariantCulture, $"http://bad host {number}/"),
    };
}
