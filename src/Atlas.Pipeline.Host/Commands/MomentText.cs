using System.Globalization;

namespace Atlas.Pipeline.Host.Commands;

/// <summary>A moment as people write it.</summary>
internal static class MomentText
{
    private static readonly string[] Forms = ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd'T'HH:mmK"];

    /// <summary>Reads an option's value; null if it has none, or after the mistake was noted.</summary>
    public static DateTimeOffset? Read(string option, string? text, List<string> mistakes)
    {
        if (text is null)
            return null;
        if (DateTimeOffset.TryParseExact(text, Forms, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
            return time;
        mistakes.Add($"{option}: '{text}' is no time. Write it as 2026-01-31 or 2026-01-31T10:00:00Z.");
        return null;
    }
}
