namespace Atlas.Urls;

/// <summary>Which rules changed a URL on its way to its canonical form; none exactly when it is its own. In the order of how much they tell: of two, the higher says better why one resource was written in two ways.</summary>
/// <remarks>A query that lost parameters or was sorted is not also said to have had empty parts, nor a URL that lost its fragment to have had white space.</remarks>
[Flags]
public enum AppliedRules : ushort
{
    /// <summary>It is its own canonical form.</summary>
    None = 0,

    /// <summary>Another scheme or spelling of <c>http://</c>: https where both are one, capitals, slashes too many or too few, none at all.</summary>
    Scheme = 1,

    /// <summary>White space at the ends, or tabs and line breaks inside.</summary>
    WhiteSpace = 1 << 1,

    /// <summary>Capitals in the host.</summary>
    HostCase = 1 << 2,

    /// <summary>Bytes that were encoded, decoded, or encoded in lower case.</summary>
    Escapes = 1 << 3,

    /// <summary>Dot segments, backslashes, or no path at all.</summary>
    Path = 1 << 4,

    /// <summary>A question mark or an ampersand too many.</summary>
    EmptyParameters = 1 << 5,

    /// <summary>A fragment that names no document.</summary>
    Fragment = 1 << 6,

    /// <summary>The default port, or leading zeros.</summary>
    Port = 1 << 7,

    /// <summary>Another spelling of user name and password.</summary>
    UserInfo = 1 << 8,

    /// <summary>Another notation of the host: the root's dot, an international name, an address.</summary>
    HostNotation = 1 << 9,

    /// <summary>A slash at the end of the path.</summary>
    TrailingSlash = 1 << 10,

    /// <summary>A leading <c>www.</c>.</summary>
    Www = 1 << 11,

    /// <summary>The order of parameters.</summary>
    ParameterOrder = 1 << 12,

    /// <summary>Tracking parameters, or others on the lists.</summary>
    Parameters = 1 << 13,

    /// <summary>Session ids in query or path.</summary>
    SessionId = 1 << 14,
}
