namespace Atlas.Urls.Idna;

/// <summary>The values of Bidi_Class that the Bidi rule names, in the order of the table; all others are <see cref="Other"/>.</summary>
internal enum BidiClass
{
    LeftToRight,
    RightToLeft,
    ArabicLetter,
    ArabicNumber,
    EuropeanNumber,
    EuropeanSeparator,
    CommonSeparator,
    EuropeanTerminator,
    OtherNeutral,
    BoundaryNeutral,
    NonspacingMark,
    Other,
}
