namespace Atlas.Urls.Idna;

/// <summary>The values of Joining_Type that the rule for U+200C names, in the order of the table; all others are <see cref="Other"/>.</summary>
internal enum JoiningType
{
    Other,
    Left,
    Dual,
    Right,
    Transparent,
}
