using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace Atlas.Urls;

/// <summary>Gives every spelling of one resource the same bytes: the key that lines are deduplicated by.</summary>
/// <remarks>
/// Stateless and safe for parallel calls. Allocates nothing unless the host is international, percent-encoded or an IPv6 address.
/// A canonical form is its own canonical form. URLs other than http and https are not taken apart: only their scheme is lower-cased.
/// </remarks>
public sealed class Canonicalizer(CanonicalizationRules rules)
{
    private static readonly SearchValues<byte> SchemeBytes = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-."u8);

    private readonly bool _foldsScheme = rules.FoldScheme;
    private readonly bool _foldsWww = rules.FoldWww;
    private readonly bool _foldsTrailingSlash = rules.FoldTrailingSlash;
    private readonly bool _dropsSessionIds = rules.DropSessionIds;
    private readonly bool _acceptsSchemeless = rules.AcceptSchemeless;

    // These three change what a clean URL already is.
    private readonly bool _knowsShortWay = !rules.FoldWww && !rules.FoldTrailingSlash && !rules.DropSessionIds;
    private readonly ParameterNames _names = new(rules);

    internal CanonicalizationRules Rules => rules;

    internal ParameterNames Names => _names;

    /// <summary>Bytes that the canonical form of a line can need.</summary>
    /// <param name="inputLength">The line's length in bytes.</param>
    public static int MaxLength(int inputLength) => 3 * inputLength + 16;

    /// <summary>Writes the canonical form of a URL, or says why there is none.</summary>
    /// <param name="url">Any bytes.</param>
    /// <param name="destination">At least <see cref="MaxLength"/> bytes; its content is undefined after an error.</param>
    /// <param name="result">Where the parts stand in <paramref name="destination"/>.</param>
    public CanonicalizationError TryCanonicalize(ReadOnlySpan<byte> url, Span<byte> destination, out CanonicalUrl result)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(destination.Length, MaxLength(url.Length), nameof(destination));
        return _knowsShortWay && CleanUrl.TryWrite(url, destination, _foldsScheme, _names, out result)
            ? CanonicalizationError.None
            : CanonicalizeCarefully(url, destination, out result);
    }

    /// <summary>What <see cref="TryCanonicalize"/> does, for every URL; <see cref="CleanUrl"/> may only be faster than this, never different.</summary>
    internal CanonicalizationError CanonicalizeCarefully(ReadOnlySpan<byte> url, Span<byte> destination, out CanonicalUrl result)
    {
        var trimmed = Trim(url);
        var applied = trimmed.Length < url.Length ? AppliedRules.WhiteSpace : AppliedRules.None;
        url = trimmed;
        if (!url.ContainsAny("\t\r\n"u8))
            return Canonicalize(url, applied, destination, out result);

        var joined = ArrayPool<byte>.Shared.Rent(url.Length);
        var length = 0;
        foreach (var value in url)
        {
            if (value is not ((byte)'\t' or (byte)'\r' or (byte)'\n'))
                joined[length++] = value;
        }

        var error = Canonicalize(joined.AsSpan(0, length), AppliedRules.WhiteSpace, destination, out result);
        ArrayPool<byte>.Shared.Return(joined);
        return error;
    }

    private static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> url)
    {
        while (url.Length > 0 && url[0] <= ' ')
            url = url[1..];
        while (url.Length > 0 && url[^1] <= ' ')
            url = url[..^1];
        return url;
    }

    private CanonicalizationError Canonicalize(ReadOnlySpan<byte> url, AppliedRules applied, Span<byte> to, out CanonicalUrl result)
    {
        result = default;
        var schemeLength = SchemeLength(url);
        if (schemeLength == 0 && !_acceptsSchemeless)
            return CanonicalizationError.NoScheme;

        Ascii.ToLower(url[..schemeLength], to, out _);
        if (schemeLength == 0 || !url[..schemeLength].SequenceEqual(to[..schemeLength]))
            applied |= AppliedRules.Scheme;
        var isHttps = to[..schemeLength].SequenceEqual("https"u8);
        if (schemeLength > 0 && !isHttps && !to[..schemeLength].SequenceEqual("http"u8))
        {
            url[schemeLength..].CopyTo(to[schemeLength..]);
            result = new CanonicalUrl(url.Length, schemeLength, 0, 0, false, applied);
            return CanonicalizationError.None;
        }

        // However many slashes there are and which, what follows is the authority ("special authority ignore slashes state").
        url = schemeLength == 0 ? url : url[(schemeLength + 1)..];
        var slashes = url.IndexOfAnyExcept((byte)'/', (byte)'\\');
        if (slashes == 1 && schemeLength == 0)
            return CanonicalizationError.NoScheme; // A path of some site.
        if (slashes < 0)
            return CanonicalizationError.NoHost;
        if (slashes != 2 || !url.StartsWith("//"u8))
            applied |= AppliedRules.Scheme;
        return CanonicalizeAuthority(url[slashes..], isHttps, applied, to, out result);
    }

    private CanonicalizationError CanonicalizeAuthority(ReadOnlySpan<byte> url, bool isHttps, AppliedRules applied, Span<byte> to, out CanonicalUrl result)
    {
        result = default;
        var end = url.IndexOfAny("/\\?#"u8);
        var authority = end < 0 ? url : url[..end];
        url = end < 0 ? default : url[end..];

        var at = authority.LastIndexOf((byte)'@');
        var host = authority[(at + 1)..];
        var withPort = host;
        var error = SplitPort(ref host, isHttps ? 443 : 80, out var port);
        if (error != CanonicalizationError.None)
            return error;

        var schemeLength = isHttps && !(_foldsScheme && port < 0) ? 5 : 4;
        var length = schemeLength + 3;
        (schemeLength == 5 ? "https://"u8 : "http://"u8).CopyTo(to);
        if (isHttps && schemeLength == 4)
            applied |= AppliedRules.Scheme;
        if (at > 0)
            length += UserInfo.Write(authority[..at], to[length..]);
        if (!to[(schemeLength + 3)..length].SequenceEqual(authority[..(at + 1)]))
            applied |= AppliedRules.UserInfo;

        var hostStart = length;
        var hostLength = Host.Write(host, to[length..]);
        if (hostLength <= 0)
            return host.IsEmpty ? CanonicalizationError.NoHost : CanonicalizationError.BadHost;
        applied |= ChangesOfHost(host, to.Slice(hostStart, hostLength));
        if (_foldsWww && WithoutWww(to.Slice(hostStart, hostLength)) is var shorter && shorter < hostLength)
        {
            hostLength = shorter;
            applied |= AppliedRules.Www;
        }

        length += hostLength;
        // Punycode is the one spelling that can outgrow the bound by itself; what follows needs its own three bytes for one.
        if (to.Length - length < 3 * url.Length + 8)
            return CanonicalizationError.BadHost;
        var name = to.Slice(hostStart, hostLength);
        if (port >= 0)
        {
            to[length++] = (byte)':';
            Utf8Formatter.TryFormat(port, to[length..], out var digits);
            length += digits;
        }

        // Its digits again, or none and no colon either.
        if (!to[(hostStart + hostLength)..length].SequenceEqual(withPort[host.Length..]))
            applied |= AppliedRules.Port;
        hostLength = length - hostStart;
        length += WriteRest(url, to[length..], name, ref applied);
        result = new CanonicalUrl(length, schemeLength, hostStart, hostLength, true, applied);
        return CanonicalizationError.None;
    }

    /// <summary>The length of the scheme; 0 if there is none, or if what looks like one is rather a host with a port and schemeless lines are accepted.</summary>
    internal int SchemeLength(ReadOnlySpan<byte> url)
    {
        var colon = url.IndexOf((byte)':');
        if (colon < 1 || !char.IsAsciiLetter((char)url[0]) || url[..colon].ContainsAnyExcept(SchemeBytes))
            return 0;
        if (!_acceptsSchemeless)
            return colon;

        var rest = url[(colon + 1)..];
        var end = rest.IndexOfAny("/\\?#"u8);
        var port = end < 0 ? rest : rest[..end];
        var isHostAndPort = port.Length is > 0 and <= 5 && !port.ContainsAnyExceptInRange((byte)'0', (byte)'9') && (url[..colon].Contains((byte)'.') || Ascii.EqualsIgnoreCase(url[..colon], "localhost"u8));
        return isHostAndPort ? 0 : colon;
    }

    private static AppliedRules ChangesOfHost(ReadOnlySpan<byte> host, ReadOnlySpan<byte> written) =>
        host.SequenceEqual(written) ? AppliedRules.None
        : Ascii.EqualsIgnoreCase(host, written) ? AppliedRules.HostCase
        : AppliedRules.HostNotation;

    /// <summary>Takes a leading <c>www.</c> off where somebody's domain is left: <c>www.com</c> is a domain, <c>com</c> is none. Of two of them it takes none.</summary>
    private static int WithoutWww(Span<byte> host)
    {
        if (!host.StartsWith("www."u8) || host[4..].StartsWith("www."u8) || RegistrableDomain.Of(host[4..]).IsEmpty)
            return host.Length;
        host[4..].CopyTo(host);
        return host.Length - 4;
    }

    /// <summary>Cuts the port off; -1 if there is none or it is the default.</summary>
    private static CanonicalizationError SplitPort(ref ReadOnlySpan<byte> host, int defaultPort, out int port)
    {
        port = -1;
        var colon = host.LastIndexOf((byte)':');
        if (colon < 0 || host[colon..].Contains((byte)']'))
            return CanonicalizationError.None;

        // An address whose bracket is never closed is no host; its last group is no port.
        if (host[0] == '[' && !host.Contains((byte)']'))
            return CanonicalizationError.None;

        var digits = host[(colon + 1)..];
        host = host[..colon];
        if (digits.IsEmpty)
            return CanonicalizationError.None;

        port = 0;
        foreach (var digit in digits)
        {
            port = char.IsAsciiDigit((char)digit) ? port * 10 + digit - '0' : ushort.MaxValue + 1;
            if (port > ushort.MaxValue)
                return CanonicalizationError.BadPort;
        }

        if (port == defaultPort)
            port = -1;
        return CanonicalizationError.None;
    }

    /// <summary>Path, query and fragment.</summary>
    private int WriteRest(ReadOnlySpan<byte> rest, Span<byte> to, ReadOnlySpan<byte> host, ref AppliedRules applied)
    {
        var hash = rest.IndexOf((byte)'#');
        var fragment = hash < 0 ? default : rest[(hash + 1)..];
        rest = hash < 0 ? rest : rest[..hash];
        var question = rest.IndexOf((byte)'?');

        var length = UrlPath.Write(question < 0 ? rest : rest[..question], to, ref applied);
        if (_dropsSessionIds && SessionIds.CutFromPath(to[..length]) is var cut && cut < length)
        {
            length = cut;
            applied |= AppliedRules.SessionId;
        }

        // One alone: a second one is an empty segment, which stays, and then there is nothing to fold.
        if (_foldsTrailingSlash && length > 1 && to[length - 1] == '/' && to[length - 2] != '/')
        {
            length--;
            applied |= AppliedRules.TrailingSlash;
        }

        if (question >= 0)
            length += Query.Write(rest[(question + 1)..], to[length..], _names, host, _dropsSessionIds, ref applied);

        // An ordinary fragment is a place in the document; these two are how single-page sites name documents.
        if (fragment.Length > 0 && fragment[0] is (byte)'!' or (byte)'/')
        {
            to[length++] = (byte)'#';
            var spelled = PercentEncoding.Normalize(fragment, to[length..], PercentEncoding.InFragment);
            if (!to.Slice(length, spelled).SequenceEqual(fragment))
                applied |= AppliedRules.Escapes;
            length += spelled;
        }
        else if (hash >= 0)
        {
            // What stands in a fragment that goes is not looked at on the short way either.
            applied = (applied | AppliedRules.Fragment) & ~AppliedRules.WhiteSpace;
        }

        return length;
    }
}
