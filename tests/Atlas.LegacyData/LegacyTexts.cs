using System.Globalization;

namespace Atlas.LegacyData;

/// <summary>What stands in the other columns, by the number of a row.</summary>
internal static class LegacyTexts
{
    private static readonly DateTime Begin = new(2025, 9, 1, 8, 0, 0, DateTimeKind.Unspecified);

    private static readonly string[] Types = ["podcast", "podcast_episode", "newsletter", "article", "youtube", "url_processing", "web", "document", "unknown"];

    public static string Source(int row) => row % 5 == 0 ? "url_import" : row % 3 == 0 ? "gmail" : "webhook";

    public static string Type(int row) => Types[row % Types.Length];

    public static string? Title(int row) => row % 7 == 0 ? null : string.Create(CultureInfo.InvariantCulture, $"A title, “quoted” & <b>marked</b> – {row}");

    /// <summary>Naive local ISO 8601 with microseconds, as Python writes it; every 211th is something else.</summary>
    public static string Time(int row) => row % 211 == 0 ? (row % 422 == 0 ? "yesterday" : "2025-10-01T10:00:00Z")
        : Begin.AddSeconds(row * 37L % 4_000_000).ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff", CultureInfo.InvariantCulture);

    /// <summary>As SQLite's CURRENT_TIMESTAMP writes it.</summary>
    public static string SqliteTime(int row) => Begin.AddSeconds(row * 41L % 4_000_000).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    /// <summary>Every 97th is no JSON.</summary>
    public static string? Json(int row) => row % 97 == 0 ? "{\"broken\": " : row % 4 == 0 ? null : string.Create(CultureInfo.InvariantCulture, $"{{\"import_batch\": {row / 100}, \"tags\": [\"a\", \"b\"], \"note\": \"caf\\u00e9\"}}");

    public static string Body(int page) => string.Create(CultureInfo.InvariantCulture, $"# Article {page}\n\n") + string.Concat(Enumerable.Range(0, 12).Select(line => string.Create(CultureInfo.InvariantCulture, $"Paragraph {line} of article {page} says that naïve times are local.\n")));

    /// <summary>A slug whose date is the day of its import, or the later hexadecimal form.</summary>
    public static string Id(int row, bool isLate) => isLate
        ? string.Create(CultureInfo.InvariantCulture, $"atlas_{((ulong)row * 0x9E3779B97F4A7C15) >> 4:x}{row:x8}")
        : string.Create(CultureInfo.InvariantCulture, $"{Source(row)}-{Type(row)}-2025-10-{1 + (row % 28):00}-item-{row}");
}
