using System.Globalization;

namespace Atlas.Pipeline.Migrate;

/// <summary>Reads the times of legacy rows. Those without a zone are local ones, of the machine that wrote them; only the operator knows which zone that was.</summary>
/// <remarks>A time with a blank instead of the T is SQLite's own CURRENT_TIMESTAMP, which is UTC by definition.</remarks>
internal sealed class LegacyTimes(TimeZoneInfo zone)
{
    private const int DateLength = 10;
    private const int ToMinutes = 16;
    private const int ToSeconds = 19;

    private readonly bool _isUtc = zone.BaseUtcOffset == TimeSpan.Zero && !zone.SupportsDaylightSavingTime;

    /// <summary>Unix milliseconds; null for what is no time.</summary>
    public long? Parse(ReadOnlySpan<byte> text)
    {
        text = text.Trim((byte)' ');
        if (text.Length is >= 9 and <= 13 && !text.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
            return long.Parse(text, CultureInfo.InvariantCulture) is var unix && text.Length > 11 ? unix : unix * 1000;
        if (text.Length < DateLength || text[4] != '-' || text[7] != '-' || !TryNumber(text[..4], out var year) || !TryNumber(text[5..7], out var month) || !TryNumber(text[8..10], out var day))
            return null;
        int hour = 0, minute = 0, second = 0, millisecond = 0;
        var rest = ReadOnlySpan<byte>.Empty;
        var isSqlite = false;
        if (text.Length > DateLength)
        {
            if (text.Length < ToMinutes || text[13] != ':' || !TryNumber(text[11..13], out hour) || !TryNumber(text[14..16], out minute))
                return null;
            rest = text[ToMinutes..];
            if (rest.StartsWith(":"u8))
            {
                if (text.Length < ToSeconds || !TryNumber(text[17..19], out second))
                    return null;
                rest = text[ToSeconds..];
            }

            isSqlite = text[DateLength] == ' ' && rest.IsEmpty;
            rest = AfterFraction(rest, out millisecond);
        }

        if (year is < 1970 or > 9999 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month) || hour > 23 || minute > 59 || second > 59)
            return null;
        var local = new DateTime(year, month, day, hour, minute, second, millisecond, DateTimeKind.Unspecified);
        return OffsetOf(rest, local, isSqlite) is { } offset ? (local.Ticks - offset.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMillisecond : null;
    }

    /// <summary>Whether a time says nothing of its zone.</summary>
    public static bool IsNaive(ReadOnlySpan<byte> text) => text.Length > DateLength && text[DateLength] == 'T' && text[DateLength..].IndexOfAny("Z+z"u8) < 0 && text[DateLength..].IndexOf((byte)'-') < 0;

    private TimeSpan? OffsetOf(ReadOnlySpan<byte> zoneText, DateTime local, bool isSqlite)
    {
        if (zoneText.IsEmpty)
            return isSqlite || _isUtc ? TimeSpan.Zero : zone.GetUtcOffset(local);
        if (zoneText is [(byte)'Z' or (byte)'z'])
            return TimeSpan.Zero;
        if (zoneText[0] is not ((byte)'+' or (byte)'-') || zoneText.Length is not (3 or 5 or 6) || !TryNumber(zoneText[1..3], out var hours))
            return null;
        var minutes = 0;
        if (zoneText.Length > 3 && !TryNumber(zoneText[^2..], out minutes))
            return null;
        var offset = new TimeSpan(hours, minutes, 0);
        return zoneText[0] == '-' ? -offset : offset;
    }

    private static ReadOnlySpan<byte> AfterFraction(ReadOnlySpan<byte> rest, out int milliseconds)
    {
        milliseconds = 0;
        if (!rest.StartsWith("."u8))
            return rest;
        var digits = 1;
        for (var unit = 100; digits < rest.Length && char.IsAsciiDigit((char)rest[digits]); digits++, unit /= 10)
            milliseconds += (rest[digits] - '0') * unit;
        return rest[digits..];
    }

    private static bool TryNumber(ReadOnlySpan<byte> digits, out int number)
    {
        number = 0;
        foreach (var digit in digits)
        {
            if (!char.IsAsciiDigit((char)digit))
                return false;
            number = (number * 10) + digit - '0';
        }

        return true;
    }
}
