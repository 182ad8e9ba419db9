using System.Buffers;
using System.Numerics;
using System.Runtime.Intrinsics;

namespace Atlas.Urls;

/// <summary>The short way for the URLs most lists are made of: those that are canonical already, or are once a fragment, some parameters or their order have gone.</summary>
/// <remarks>
/// It gives the answer of <see cref="Canonicalizer"/>'s careful way or none at all, so it may refuse whatever it doesn't know: capitals in the host,
/// ports, user names, bytes that need encoding or decoding (apostrophes, since queries encode them), dot segments, white space, other schemes. The text is copied first and looked at in the copy, in blocks of 64 bytes.
/// </remarks>
internal static class CleanUrl
{
    /// <summary>Bytes of the destination that must lie behind the text, so that a block can be read wherever the text has a byte.</summary>
    private const int Slack = 72;

    /// <summary>Encoded bytes from which on the careful way is faster.</summary>
    private const int ManyEscapes = 64;

    private static readonly SearchValues<byte> PlainBytes = PercentEncoding.InQuery.Plain;

    /// <summary>Writes the canonical form; false when the careful way has to, with the destination's content undefined.</summary>
    public static bool TryWrite(ReadOnlySpan<byte> url, Span<byte> to, bool foldScheme, ParameterNames names, out CanonicalUrl result)
    {
        result = default;
        var isHttps = url.StartsWith("https://"u8);
        if ((!isHttps && !url.StartsWith("http://"u8)) || to.Length < url.Length + Slack)
            return false;
        var end = End(url);
        if (end < 0)
            return false;

        var text = url[(isHttps ? 8 : 7)..end];
        var hostStart = isHttps && !foldScheme ? 8 : 7;
        (hostStart == 8 ? "https://"u8 : "http://"u8).CopyTo(to);
        text.CopyTo(to[hostStart..]);
        var length = hostStart + text.Length;
        // Ends the host and the path where nothing else does.
        to[length] = (byte)'?';

        var hostLength = HostLength(Block(to, hostStart));
        if (hostLength <= 0)
            return false;
        var path = hostStart + hostLength;
        var applied = AppliedRules.None;
        if (path == length)
        {
            to[length++] = (byte)'/';
            applied = AppliedRules.Path;
        }
        else if (to[path] != '/' || !TryFindQuery(to, path, out var question))
        {
            return false;
        }
        else if (question < length && !CleanQuery.TryRewrite(text[(question + 1 - hostStart)..], to, question + 1, names, to.Slice(hostStart, hostLength), ref length, out applied))
        {
            return false;
        }

        if (isHttps && foldScheme)
            applied |= AppliedRules.Scheme;
        if (end < url.Length)
            applied |= AppliedRules.Fragment;
        result = new CanonicalUrl(length, hostStart - 3, hostStart, hostLength, true, applied);
        return true;
    }

    /// <summary>Where <paramref name="value"/> stands among the 64 bytes of a block, the first in the lowest bit.</summary>
    public static ulong Find(Vector512<byte> block, byte value) => Vector512.Equals(block, Vector512.Create(value)).ExtractMostSignificantBits();

    public static Vector512<byte> Block(ReadOnlySpan<byte> text, int start) => Vector512.Create(text.Slice(start, Vector512<byte>.Count));

    /// <summary>Where the URL or the part of it that counts ends; -1 if a byte of it has another spelling, or its fragment may count.</summary>
    private static int End(ReadOnlySpan<byte> url)
    {
        var end = 0;
        for (var escapes = 0; escapes < ManyEscapes; escapes++)
        {
            var plain = url[end..].IndexOfAnyExcept(PlainBytes);
            if (plain < 0)
                return url.Length;
            end += plain;
            if (url[end] == '#')
                return end + 1 == url.Length || (url[end + 1] is not ((byte)'!' or (byte)'/') && PlainBytes.Contains(url[end + 1])) ? end : -1;
            if (!PercentEncoding.IsEncoded(url[end..]))
                return -1;
            end += 3;
        }

        return -1;
    }

    /// <summary>The length of a name in lower case that stands at the start; 0 or less for anything else, also for what could be an address.</summary>
    private static int HostLength(Vector512<byte> block)
    {
        var length = BitOperations.TrailingZeroCount(Find(block, (byte)'/') | Find(block, (byte)'?'));
        if (length is 0 or 64)
            return -1;

        var isHost = (1UL << length) - 1;
        var ordinary = Vector512.LessThanOrEqual(block - Vector512.Create((byte)'a'), Vector512.Create((byte)('z' - 'a')))
            | Vector512.LessThanOrEqual(block - Vector512.Create((byte)'-'), Vector512.Create((byte)('9' - '-')))
            | Vector512.Equals(block, Vector512.Create((byte)'_'));
        // Two hyphens may be an encoded label, which has rules of its own.
        var hyphens = Find(block, (byte)'-') & isHost;
        var dots = Find(block, (byte)'.') & isHost;
        var emptyLabels = dots & ((dots << 1) | 1 | (1UL << (length - 1)));
        if ((isHost & ~ordinary.ExtractMostSignificantBits()) != 0 || emptyLabels != 0 || (hyphens & (hyphens << 1)) != 0)
            return -1;

        var lastLabel = 64 - BitOperations.LeadingZeroCount(dots);
        return char.IsAsciiDigit((char)block[lastLabel]) ? -1 : length;
    }

    /// <summary>Finds the question mark behind a path without dot segments.</summary>
    private static bool TryFindQuery(ReadOnlySpan<byte> text, int path, out int question)
    {
        for (question = path; ; question += Vector512<byte>.Count)
        {
            var block = Block(text, question);
            var marks = Find(block, (byte)'?');
            var dotSegments = Find(block, (byte)'/') & Find(Block(text, question + 1), (byte)'.');
            // All bits up to the first mark, or all.
            if ((dotSegments & (marks ^ (marks - 1))) != 0)
                return false;
            if (marks == 0)
                continue;
            question += BitOperations.TrailingZeroCount(marks);
            return true;
        }
    }
}
