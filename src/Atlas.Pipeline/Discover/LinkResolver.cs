using System.Text;

namespace Atlas.Pipeline.Discover;

/// <summary>Puts a reference and the address of the document it stands in together, by the WHATWG URL standard (4.4, the states up to the path) where the result is http or https.</summary>
/// <remarks>What comes out is a line as any source gives: dot segments, percent signs and the spelling of the host are for normalize.</remarks>
internal static class LinkResolver
{
    /// <summary>Writes the absolute address that a reference leads to.</summary>
    /// <param name="address">Of the document: absolute, http or https.</param>
    /// <param name="reference">As it stands in the document, character references replaced.</param>
    /// <param name="to">At least as long as both and 8 bytes.</param>
    /// <param name="length">Bytes written; without a fragment, tabs and line breaks.</param>
    /// <returns>False for what leads into the same document, or to something that is not http or https.</returns>
    public static bool TryResolve(ReadOnlySpan<byte> address, ReadOnlySpan<byte> reference, Span<byte> to, out int length)
    {
        length = 0;
        reference = Trim(reference);
        var fragment = reference.IndexOf((byte)'#');
        if (fragment >= 0)
            reference = reference[..fragment];
        if (reference.IsEmpty)
            return false;

        var addressScheme = address.IndexOf((byte)':');
        var scheme = SchemeLength(reference);
        if (scheme > 0)
        {
            if (!IsHttp(reference[..scheme]))
                return false;

            // "http:a" is "a" where the document is of the same scheme.
            if (StartsWithSlashes(reference[(scheme + 1)..], 2) || !Ascii.EqualsIgnoreCase(reference[..scheme], address[..addressScheme]))
            {
                Append(reference, to, ref length);
                return true;
            }

            reference = reference[(scheme + 1)..];
            if (reference.IsEmpty)
                return false;
        }

        Append(address[..Kept(address, addressScheme, reference)], to, ref length);
        if (reference[0] is not ((byte)'/' or (byte)'\\' or (byte)'?') && to[length - 1] is not ((byte)'/' or (byte)'\\'))
            to[length++] = (byte)'/';
        Append(reference, to, ref length);
        return true;
    }

    /// <summary>How much of the document's address stays in front of a reference without a scheme.</summary>
    private static int Kept(ReadOnlySpan<byte> address, int scheme, ReadOnlySpan<byte> reference)
    {
        if (StartsWithSlashes(reference, 2))
            return scheme + 1;

        var host = scheme + 1;
        while (host < address.Length && IsSlash(address[host]))
            host++;
        var path = address[host..].IndexOfAny("/\\?#"u8);
        path = path < 0 ? address.Length : host + path;
        if (IsSlash(reference[0]))
            return path;

        var end = address[path..].IndexOfAny((byte)'?', (byte)'#');
        end = end < 0 ? address.Length : path + end;
        return reference[0] == '?' ? end : path + address[path..end].LastIndexOfAny((byte)'/', (byte)'\\') + 1;
    }

    private static int SchemeLength(ReadOnlySpan<byte> reference)
    {
        if (!char.IsAsciiLetter((char)reference[0]))
            return 0;
        for (var at = 1; at < reference.Length; at++)
        {
            var next = reference[at];
            if (next == ':')
                return at;
            if (!char.IsAsciiLetterOrDigit((char)next) && next is not ((byte)'+' or (byte)'-' or (byte)'.' or (byte)'\t' or (byte)'\n' or (byte)'\r'))
                return 0;
        }

        return 0;
    }

    private static bool IsHttp(ReadOnlySpan<byte> scheme)
    {
        if (!scheme.ContainsAny((byte)'\t', (byte)'\n', (byte)'\r'))
            return Ascii.EqualsIgnoreCase(scheme, "http"u8) || Ascii.EqualsIgnoreCase(scheme, "https"u8);

        // A scheme that is broken over lines is one all the same.
        Span<byte> joined = stackalloc byte[8];
        var length = 0;
        foreach (var letter in scheme)
        {
            if (letter is (byte)'\t' or (byte)'\n' or (byte)'\r')
                continue;
            if (length == joined.Length)
                return false;
            joined[length++] = letter;
        }

        return IsHttp(joined[..length]);
    }

    private static bool StartsWithSlashes(ReadOnlySpan<byte> text, int count)
    {
        foreach (var next in text)
        {
            if (next is (byte)'\t' or (byte)'\n' or (byte)'\r')
                continue;
            if (!IsSlash(next))
                return false;
            if (--count == 0)
                return true;
        }

        return false;
    }

    private static bool IsSlash(byte value) => value is (byte)'/' or (byte)'\\';

    private static void Append(ReadOnlySpan<byte> text, Span<byte> to, ref int length)
    {
        if (!text.ContainsAny((byte)'\t', (byte)'\n', (byte)'\r'))
        {
            text.CopyTo(to[length..]);
            length += text.Length;
            return;
        }

        foreach (var next in text)
        {
            if (next is not ((byte)'\t' or (byte)'\n' or (byte)'\r'))
                to[length++] = next;
        }
    }

    private static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> reference)
    {
        while (reference.Length > 0 && reference[0] <= ' ')
            reference = reference[1..];
        while (reference.Length > 0 && reference[^1] <= ' ')
            reference = reference[..^1];
        return reference;
    }
}
