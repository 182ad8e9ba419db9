using System.Globalization;

namespace Atlas.Pipeline;

/// <summary>Text that others have chosen, on its way to a terminal: without what moves the cursor, begins a line or turns the direction of writing.</summary>
internal static class TerminalText
{
    /// <summary>The text with U+FFFD for control characters (ESC among them), line and paragraph separators, and marks of direction.</summary>
    public static string Of(string text)
    {
        foreach (var letter in text)
        {
            if (IsHostile(letter))
                return string.Concat(text.Select(each => IsHostile(each) ? '\uFFFD' : each));
        }

        return text;
    }

    private static bool IsHostile(char letter) => char.IsControl(letter)
        || CharUnicodeInfo.GetUnicodeCategory(letter) is UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        || letter is '\u061C' or '\u200E' or '\u200F' or (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069');
}
