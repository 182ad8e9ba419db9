using System.Globalization;

namespace Atlas.Pipeline.DeadLetters;

/// <summary>An age as people write it: <c>7d</c>, <c>12h</c>, <c>30m</c>, <c>45s</c>.</summary>
internal static class AgeText
{
    private static readonly (char Unit, TimeSpan Length)[] Units = [('d', TimeSpan.FromDays(1)), ('h', TimeSpan.FromHours(1)), ('m', TimeSpan.FromMinutes(1)), ('s', TimeSpan.FromSeconds(1))];

    /// <summary>In the largest unit that it is a whole number of; parts of a second go.</summary>
    public static string Of(TimeSpan age)
    {
        var (unit, length) = Array.Find(Units, unit => age.Ticks % unit.Length.Ticks == 0) is { Unit: not '\0' } whole ? whole : Units[^1];
        return string.Create(CultureInfo.InvariantCulture, $"{age.Ticks / length.Ticks}{unit}");
    }

    /// <param name="text">A whole number and a unit; up to a hundred years.</param>
    /// <param name="age">Not less than zero.</param>
    public static bool TryParse(string text, out TimeSpan age)
    {
        age = default;
        if (text.Length < 2 || Array.Find(Units, unit => unit.Unit == text[^1]) is not { Unit: not '\0' } unit)
            return false;
        if (!long.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count > TimeSpan.FromDays(36_525).Ticks / unit.Length.Ticks)
            return false;
        age = TimeSpan.FromTicks(count * unit.Length.Ticks);
        return true;
    }
}
