namespace Atlas.Urls.Idna;

/// <summary>Syllables and their letters by arithmetic (The Unicode Standard, section 3.12), which keeps 11,172 syllables out of the table.</summary>
internal static class Hangul
{
    private const int LeadBase = 0x1100, VowelBase = 0x1161, TailBase = 0x11A7, SyllableBase = 0xAC00;
    private const int Leads = 19, Vowels = 21, Tails = 28, Syllables = Leads * Vowels * Tails;

    public static bool IsSyllable(int codePoint) => IsWithin(codePoint - SyllableBase, Syllables);

    /// <summary>Writes the two or three letters of a syllable and returns how many.</summary>
    public static int Decompose(int syllable, Span<int> destination)
    {
        var index = syllable - SyllableBase;
        destination[0] = LeadBase + index / (Vowels * Tails);
        destination[1] = VowelBase + index / Tails % Vowels;
        if (index % Tails == 0)
            return 2;
        destination[2] = TailBase + index % Tails;
        return 3;
    }

    /// <summary>The syllable of a lead and a vowel, or of a syllable without a tail and a tail.</summary>
    public static bool TryCompose(int first, int second, out int syllable)
    {
        var lead = first - LeadBase;
        var vowel = second - VowelBase;
        var tail = second - TailBase;
        syllable = 0;
        if (IsWithin(lead, Leads) && IsWithin(vowel, Vowels))
            syllable = SyllableBase + (lead * Vowels + vowel) * Tails;
        else if (IsSyllable(first) && (first - SyllableBase) % Tails == 0 && tail > 0 && IsWithin(tail, Tails))
            syllable = first + tail;
        return syllable != 0;
    }

    private static bool IsWithin(int offset, int count) => (uint)offset < (uint)count;
}
