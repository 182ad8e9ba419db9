using System.Text;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.DeadLetters;

/// <summary>What of a letter is searched for a text: its line, and its error beyond the reason, of both the beginning; ASCII letters in lower case, and a zero byte behind each.</summary>
internal static class LetterText
{
    /// <summary>Bytes that are kept of a line.</summary>
    private const int MostOfLine = 1_024;

    /// <summary>Bytes that are kept of an error.</summary>
    private const int MostOfError = 254;

    /// <summary>Bytes of one letter at most.</summary>
    public const int MostBytes = MostOfLine + MostOfError + 2;

    /// <summary>Writes a letter's text.</summary>
    /// <param name="letter">The letter.</param>
    /// <param name="into">At least <see cref="MostBytes"/>.</param>
    /// <param name="isWhole">False where only a beginning was kept: what is not found in it may stand in the ledger.</param>
    /// <returns>Bytes.</returns>
    public static int Write(in ScannedLetter letter, Span<byte> into, out bool isWhole)
    {
        isWhole = letter.Line.Length <= MostOfLine && letter.Error.Length <= MostOfError;
        var length = Lower(letter.Line[..Math.Min(letter.Line.Length, MostOfLine)], into);
        into[length++] = 0;
        length += Lower(letter.Error[..Math.Min(letter.Error.Length, MostOfError)], into[length..]);
        into[length++] = 0;
        return length;
    }

    /// <summary>A word as it stands in texts.</summary>
    public static byte[] WordOf(string text)
    {
        var word = Encoding.UTF8.GetBytes(text);
        Lower(word, word);
        return word;
    }

    /// <summary>Whether a whole letter has a word: in its line, its error, or the name of its reason.</summary>
    public static bool IsIn(Letter letter, ReadOnlySpan<byte> word) =>
        Has(letter.Line, word) || Has(Encoding.UTF8.GetBytes(letter.Error), word) || Has(Encoding.UTF8.GetBytes(letter.ReasonName), word);

    private static bool Has(ReadOnlySpan<byte> text, ReadOnlySpan<byte> word)
    {
        var lower = new byte[text.Length];
        Lower(text, lower);
        return lower.AsSpan().IndexOf(word) >= 0;
    }

    /// <summary>Bytes beyond ASCII stay what they are, text or not.</summary>
    private static int Lower(ReadOnlySpan<byte> text, Span<byte> into)
    {
        for (var at = 0; at < text.Length; at++)
        {
            var letter = text[at];
            into[at] = (uint)(letter - 'A') <= 'Z' - 'A' ? (byte)(letter | 0x20) : letter;
        }

        return text.Length;
    }
}
