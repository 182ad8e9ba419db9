namespace Atlas.Urls.Idna;

/// <summary>What UTS #46 section 5 lets become of a code point, in the order of the table. Processing is nontransitional, so a deviation is valid.</summary>
internal enum IdnaStatus
{
    Valid,
    Ignored,
    Mapped,
    Disallowed,
}
