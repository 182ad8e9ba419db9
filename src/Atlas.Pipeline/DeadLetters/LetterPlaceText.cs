using System.Globalization;

namespace Atlas.Pipeline.DeadLetters;

/// <summary>A place in the order of time as text, by which the next page is asked for: <c>1767323045678-5512</c>.</summary>
internal static class LetterPlaceText
{
    public static string Of(LetterPlace place) => string.Create(CultureInfo.InvariantCulture, $"{place.At}-{place.Sequence}");

    public static bool TryParse(string text, out LetterPlace place)
    {
        place = default;
        var parts = text.Split('-');
        if (parts.Length != 2 || !long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var at) || !long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var sequence))
            return false;
        place = new LetterPlace(at, sequence);
        return true;
    }
}
