namespace Atlas.Urls.Idna;

/// <summary>All that the rules ask about one code point, packed as in the table. Of a code point that is not valid, only the status is known.</summary>
internal readonly struct CodePointTraits(uint bits)
{
    public IdnaStatus Status => (IdnaStatus)(bits & 3);

    /// <summary>General_Category is Mark.</summary>
    public bool IsMark => (bits & 1 << 2) != 0;

    /// <summary>Text of only such code points is in NFC as it stands: NFC_Quick_Check is Yes and Canonical_Combining_Class is 0.</summary>
    public bool IsStable => (bits & 1 << 3) != 0;

    /// <summary>May become one with the code point before it; Hangul is left to arithmetic.</summary>
    public bool ComposesBack => (bits & 1 << 4) != 0;

    /// <summary>Canonical_Combining_Class is Virama.</summary>
    public bool IsVirama => (bits & 1 << 5) != 0;

    public BidiClass Bidi => (BidiClass)(bits >> 8 & 15);

    public JoiningType Joining => (JoiningType)(bits >> 12 & 7);

    /// <summary>The place of Canonical_Combining_Class among the classes in use, below 64; 0 if and only if the class is 0.</summary>
    public int CombiningRank => (int)(bits >> 16);
}
