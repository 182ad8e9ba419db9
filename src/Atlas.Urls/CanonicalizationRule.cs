namespace Atlas.Urls;

/// <summary>A rule that can change a URL on its way to its canonical form, in the order they are applied. docs/canonicalization.md has their reasons.</summary>
public enum CanonicalizationRule
{
    /// <summary>Control characters and spaces at the ends go.</summary>
    TrimEnds,

    /// <summary>Tabs and line breaks go wherever they stand.</summary>
    JoinLines,

    /// <summary>The scheme of a URL that is not taken apart gets lower case.</summary>
    LowerScheme,

    /// <summary>A line without a scheme is http.</summary>
    ReadSchemeless,

    /// <summary>http and https get lower case and two slashes.</summary>
    SpellScheme,

    /// <summary>User name and password get the standard's encoding, empty ones go.</summary>
    SpellUserInfo,

    /// <summary>The default port goes, others lose leading zeros.</summary>
    SpellPort,

    /// <summary>The host gets lower case.</summary>
    LowerHost,

    /// <summary>One leading <c>www.</c> goes.</summary>
    FoldWww,

    /// <summary>The root's dot goes.</summary>
    DropRootDot,

    /// <summary>An IPv6 address gets its shortest notation.</summary>
    SpellIpv6,

    /// <summary>An IPv4 address gets four decimal parts.</summary>
    SpellIpv4,

    /// <summary>A host is decoded and written in ASCII (UTS #46).</summary>
    HostToAscii,

    /// <summary>Backslashes of the path are slashes.</summary>
    Backslashes,

    /// <summary>Percent-encoding of the path gets one spelling.</summary>
    SpellPath,

    /// <summary>Dot segments are resolved, an empty path is a slash.</summary>
    ResolveDots,

    /// <summary>Session ids go from the path.</summary>
    CutSessionIds,

    /// <summary>The slash at the end of the path goes.</summary>
    FoldTrailingSlash,

    /// <summary>Percent-encoding of the query gets one spelling.</summary>
    SpellQuery,

    /// <summary>Empty parts of the query go.</summary>
    DropEmptyParts,

    /// <summary>Tracking parameters and those on the lists go.</summary>
    DropParameters,

    /// <summary>Session ids go from the query.</summary>
    DropSessionIds,

    /// <summary>Parameters are sorted by name.</summary>
    SortParameters,

    /// <summary>An empty query goes.</summary>
    DropEmptyQuery,

    /// <summary>A fragment goes unless it names a document.</summary>
    DropFragment,

    /// <summary>https on its default port is written http.</summary>
    FoldScheme,
}
