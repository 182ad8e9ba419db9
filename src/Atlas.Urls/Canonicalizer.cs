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

    private readonly bool _foldScheme = rules.FoldScheme;
    private readonly ParameterNames _names = new(rules);

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
        return CleanUrl.TryWrite(url, destination, _foldScheme, _names, out result) ? CanonicalizationError.None : CanonicalizeCarefully(url, destination, out result);
    }

    /// <summary>What <see cref="TryCanonicalize"/> does, for every URL; <see cref="CleanUrl"/> may only be faster than this, never different.</summary>
    internal CanonicalizationError CanonicalizeCarefully(ReadOnlySpan<byte> url, Span<byte> destination, out CanonicalUrl result)
    {
        url = Trim(url);
        if (!url.ContainsAny("\t\r\n"u8))
            return Canonicalize(url, destination, out result);

        var joined = ArrayPool<byte>.Shared.Rent(url.Length);
        var length = 0;
        foreach (var value in url)
        {
            if (value is not ((byte)'\t' or (byte)'\r' or (byte)'\n'))
                joined[length++] = value;
        }

        var error = Canonicalize(joined.AsSpan(0, length), destination, out result);
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

    private CanonicalizationError Canonicalize(ReadOnlySpan<byte> url, Span<byte> to, out CanonicalUrl result)
    {
        result = default;
        var colon = url.IndexOf((byte)':');
        if (colon < 1 || !char.IsAsciiLetter((char)url[0]) || url[..colon].ContainsAnyExcept(SchemeBytes))
            return CanonicalizationError.NoScheme;

        Ascii.ToLower(url[..colon], to, out _);
        var isHttps = to[..colon].SequenceEqual("https"u8);
        if (!isHttps && !to[..colon].SequenceEqual("http"u8))
        {
            url[colon..].CopyTo(to[colon..]);
            result = new CanonicalUrl(url.Length, colon, 0, 0, false);
            return CanonicalizationError.None;
        }

        url = url[(colon + 1)..];
        if (url.Length < 2 || !IsSlash(url[0]) || !IsSlash(url[1]))
            return CanonicalizationError.NoHost;
        url = url[2..];
        var end = url.IndexOfAny("/\\?#"u8);
        var authority = end < 0 ? url : url[..end];
        url = end < 0 ? default : url[end..];

        var at = authority.LastIndexOf((byte)'@');
        var host = authority[(at + 1)..];
        var error = SplitPort(ref host, isHttps ? 443 : 80, out var port);
        if (error != CanonicalizationError.None)
            return error;

        var schemeLength = isHttps && !(_foldScheme && port < 0) ? 5 : 4;
        var length = schemeLength;
        "://"u8.CopyTo(to[length..]);
        length += 3;
        if (at > 0)
            length += WriteUserInfo(authority[..at], to[length..]);

        var hostStart = length;
        var hostLength = Host.Write(host, to[length..]);
        if (hostLength <= 0)
            return host.IsEmpty ? CanonicalizationError.NoHost : CanonicalizationError.BadHost;
        length += hostLength;
        // Punycode is the one spelling that can outgrow the bound by itself; what follows needs its own three bytes for one.
        if (to.Length - length < 3 * url.Length + 8)
            return CanonicalizationError.BadHost;
        if (port >= 0)
        {
            to[length++] = (byte)':';
            Utf8Formatter.TryFormat(port, to[length..], out var digits);
            length += digits;
        }

        hostLength = length - hostStart;
        length += WriteRest(url, to[length..]);
        result = new CanonicalUrl(length, schemeLength, hostStart, hostLength, true);
        return CanonicalizationError.None;
    }

    /// <summary>Cuts the port off; -1 if there is none or it is the default.</summary>
    private static CanonicalizationError SplitPort(ref ReadOnlySpan<byte> host, int defaultPort, out int port)
    {
        port = -1;
        var colon = host.LastIndexOf((byte)':');
        if (colon < 0 || host[colon..].Contains((byte)']'))
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

    private static int WriteUserInfo(ReadOnlySpan<byte> userInfo, Span<byte> to)
    {
        var length = 0;
        for (var at = userInfo.IndexOf((byte)'@'); at >= 0; at = userInfo.IndexOf((byte)'@'))
        {
            length += PercentEncoding.Normalize(userInfo[..at], to[length..]);
            length += PercentEncoding.Encode((byte)'@', to[length..]);
            userInfo = userInfo[(at + 1)..];
        }

        length += PercentEncoding.Normalize(userInfo, to[length..]);
        to[length++] = (byte)'@';
        return length;
    }

    /// <summary>Path, query and fragment.</summary>
    private int WriteRest(ReadOnlySpan<byte> rest, Span<byte> to)
    {
        var hash = rest.IndexOf((byte)'#');
        var fragment = hash < 0 ? default : rest[(hash + 1)..];
        rest = hash < 0 ? rest : rest[..hash];
        var question = rest.IndexOf((byte)'?');

        var length = WritePath(question < 0 ? rest : rest[..question], to);
        if (question >= 0)
            length += Query.Write(rest[(question + 1)..], to[length..], _names);

        // An ordinary fragment is a place in the document; these two are how single-page sites name documents.
        if (fragment.Length > 0 && fragment[0] is (byte)'!' or (byte)'/')
        {
            to[length++] = (byte)'#';
            length += PercentEncoding.Normalize(fragment, to[length..]);
        }

        return length;
    }

    private static int WritePath(ReadOnlySpan<byte> path, Span<byte> to)
    {
        var length = 0;
        do
        {
            path = path.IsEmpty ? path : path[1..];
            var end = path.IndexOfAny((byte)'/', (byte)'\\');
            var isLast = end < 0;
            var start = length + 1;
            to[length] = (byte)'/';
            length = start + PercentEncoding.Normalize(isLast ? path : path[..end], to[start..]);
            path = isLast ? default : path[end..];

            // Unreserved characters are bare by now, so %2e counts as the dot it is.
            var segment = to[start..length];
            var isUp = segment.SequenceEqual(".."u8);
            if (!isUp && !segment.SequenceEqual("."u8))
                continue;
            length = start - 1;
            if (isUp && length > 0)
                length = to[..length].LastIndexOf((byte)'/');
            if (isLast)
                to[length++] = (byte)'/';
        }
        while (!path.IsEmpty);
        return length;
    }

    private static bool IsSlash(byte value) => value is (byte)'/' or (byte)'\\';
}
