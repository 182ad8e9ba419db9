namespace Atlas.Urls;

/// <summary>Why a line has no canonical form. The numbers are stored, so none is ever given to another flaw.</summary>
public enum CanonicalizationError : byte
{
    /// <summary>It has one.</summary>
    None = 0,

    /// <summary>No scheme, or none that RFC 3986 section 3.1 allows.</summary>
    NoScheme = 1,

    /// <summary>An http or https URL without <c>//</c> and a host.</summary>
    NoHost = 2,

    /// <summary>A host with characters no host has, an empty label, or an address literal that is none.</summary>
    BadHost = 3,

    /// <summary>A port that is no number from 0 to 65535.</summary>
    BadPort = 4,
}
