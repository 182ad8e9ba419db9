using System.Globalization;

namespace Atlas.Pipeline;

/// <summary>A moment as RFC 3339 has it, in UTC and to the millisecond, which is what the ledger keeps. WARC 1.1 dates are of the same form.</summary>
internal static class TimeText
{
    public static string Of(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
