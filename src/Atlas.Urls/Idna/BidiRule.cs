namespace Atlas.Urls.Idna;

/// <summary>The Bidi rule (RFC 5893 section 2), which keeps names that mix directions from being displayed like another name.</summary>
internal static class BidiRule
{
    private const int RightToLeft = 1 << (int)BidiClass.RightToLeft | 1 << (int)BidiClass.ArabicLetter;
    private const int LeftToRight = 1 << (int)BidiClass.LeftToRight;
    private const int ArabicNumber = 1 << (int)BidiClass.ArabicNumber;
    private const int EuropeanNumber = 1 << (int)BidiClass.EuropeanNumber;
    private const int NonspacingMark = 1 << (int)BidiClass.NonspacingMark;

    private const int InBoth = EuropeanNumber | NonspacingMark
        | 1 << (int)BidiClass.EuropeanSeparator | 1 << (int)BidiClass.CommonSeparator | 1 << (int)BidiClass.EuropeanTerminator
        | 1 << (int)BidiClass.OtherNeutral | 1 << (int)BidiClass.BoundaryNeutral;

    private static readonly IdnaTable Table = IdnaTable.Instance;

    /// <summary>Whether a domain is a Bidi domain name, all of whose labels are held to the rule (RFC 5893 section 1.4).</summary>
    public static bool AppliesTo(ReadOnlySpan<int> domain)
    {
        foreach (var codePoint in domain)
            if ((ClassOf(codePoint) & (RightToLeft | ArabicNumber)) != 0)
                return true;
        return false;
    }

    /// <summary>Whether one label of a Bidi domain name, not empty, obeys.</summary>
    public static bool Allows(ReadOnlySpan<int> label)
    {
        var first = ClassOf(label[0]);
        if ((first & (RightToLeft | LeftToRight)) == 0)
            return false;

        var classes = 0;
        var end = 0;
        foreach (var codePoint in label)
        {
            var its = ClassOf(codePoint);
            classes |= its;
            if (its != NonspacingMark)
                end = its;
        }

        if (first == LeftToRight)
            return (classes & ~(LeftToRight | InBoth)) == 0 && (end & (LeftToRight | EuropeanNumber)) != 0;

        return (classes & ~(RightToLeft | ArabicNumber | InBoth)) == 0
            && (end & (RightToLeft | EuropeanNumber | ArabicNumber)) != 0
            && (classes & (EuropeanNumber | ArabicNumber)) != (EuropeanNumber | ArabicNumber);
    }

    private static int ClassOf(int codePoint) => 1 << (int)Table.TraitsOf(codePoint).Bidi;
}
