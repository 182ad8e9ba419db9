namespace Atlas.Pipeline.DeadLetters;

/// <summary>Which three bytes stand behind one another somewhere in a text: a bit for each, some with the same one. A text that lacks one of a word's is not read for it.</summary>
internal static class TextMarks
{
    /// <summary>65,536 bits.</summary>
    public const int Bytes = 8_192;

    public static void Add(Span<byte> marks, ReadOnlySpan<byte> text)
    {
        for (var at = 0; at + 2 < text.Length; at++)
        {
            var bit = BitOf(text, at);
            marks[bit >> 3] |= (byte)(1 << (bit & 7));
        }
    }

    /// <summary>False where a word stands nowhere in the text; one of less than three bytes may stand anywhere.</summary>
    public static bool MayHave(ReadOnlySpan<byte> marks, ReadOnlySpan<byte> word)
    {
        for (var at = 0; at + 2 < word.Length; at++)
        {
            var bit = BitOf(word, at);
            if ((marks[bit >> 3] & (1 << (bit & 7))) == 0)
                return false;
        }

        return true;
    }

    private static int BitOf(ReadOnlySpan<byte> text, int at) => (int)(((uint)(text[at] | (text[at + 1] << 8) | (text[at + 2] << 16)) * 0x9E37_79B1) >> 16);
}
