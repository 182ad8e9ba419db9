using System.Buffers;
using System.Text;

namespace Atlas.Urls;

/// <summary>Session ids in URLs: what has both the name and the look of one. A name alone is not enough, since <c>sessionid=2024-agenda</c> is content.</summary>
internal static class SessionIds
{
    /// <summary>The names they have in queries, but for those that start with <c>aspsessionid</c>.</summary>
    public static readonly IReadOnlyList<string> Names = ["sid", "cfid", "cftoken", "phpsessid", "sessionid", "jsessionid", "session_id"];

    private static readonly SearchValues<byte> LettersAndDigits = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"u8);

    // Servlet containers put routing marks behind the id itself; here they may also stand percent-encoded.
    private static readonly SearchValues<byte> ServletBytes = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789$.!_-~+%"u8);

    /// <summary>Bytes of the shortest that stands in a path: ASP.NET's in its brackets, without the slash.</summary>
    private const int ShortestInPath = 26;

    /// <summary>Whether a parameter is one.</summary>
    /// <param name="name">In its one spelling.</param>
    /// <param name="value">In its one spelling, without the equals sign.</param>
    /// <param name="pair">Of the whole query.</param>
    public static bool Contains(scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> value, ref ColdFusionPair pair) => name.Length switch
    {
        3 => Ascii.EqualsIgnoreCase(name, "sid"u8) && IsToken(value, 32, 32),
        4 => Ascii.EqualsIgnoreCase(name, "cfid"u8) && IsToken(value, 1, 40) && pair.HasToken,
        7 => Ascii.EqualsIgnoreCase(name, "cftoken"u8) && IsToken(value, 1, 64) && pair.HasId,
        9 => (Ascii.EqualsIgnoreCase(name, "phpsessid"u8) && IsToken(value, 22, 64)) || (Ascii.EqualsIgnoreCase(name, "sessionid"u8) && IsToken(value, 24, 64)),
        10 => (Ascii.EqualsIgnoreCase(name, "jsessionid"u8) && IsServletId(value)) || (Ascii.EqualsIgnoreCase(name, "session_id"u8) && IsToken(value, 24, 64)),
        20 => Ascii.EqualsIgnoreCase(name[..12], "aspsessionid"u8) && value.Length == 24 && !value.ContainsAnyExcept(LettersAndDigits),
        _ => false,
    };

    /// <summary>The same, where the whole query is at hand.</summary>
    public static bool Contains(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, ReadOnlySpan<byte> query)
    {
        var pair = new ColdFusionPair(query);
        return Contains(name, value, ref pair);
    }

    /// <summary>Takes session ids out of a path: <c>;jsessionid=…</c> behind a segment, and ASP.NET's segments like <c>(S(…))</c>.</summary>
    /// <returns>The new length of the path.</returns>
    public static int CutFromPath(Span<byte> path)
    {
        var (length, read) = (0, 0);
        for (var start = NextLongSegment(path, 0); start < path.Length;)
        {
            var next = path[(start + 1)..].IndexOf((byte)'/');
            var end = next < 0 ? path.Length : start + 1 + next;
            var segment = path[start..end];
            var kept = WithoutPathParameter(segment);
            if (next >= 0 && IsAspSegment(segment[1..kept]))
                kept = 0;
            if (kept < segment.Length)
            {
                Move(path, read, start + kept, ref length);
                read = end;
            }

            start = NextLongSegment(path, end);
        }

        Move(path, read, path.Length, ref length);
        return length;
    }

    /// <summary>The next segment at or after <paramref name="start"/> that is long enough to hold an id, by its slash; the path's end if there is none.</summary>
    /// <remarks>Of the segments that start within reach of a slash, only the last can be long: the search is done with all bytes in one step for many.</remarks>
    private static int NextLongSegment(ReadOnlySpan<byte> path, int start)
    {
        while (path.Length - start > ShortestInPath)
        {
            var slash = path.Slice(start + 1, ShortestInPath).LastIndexOf((byte)'/');
            if (slash < 0)
                return start;
            start += 1 + slash;
        }

        return path.Length;
    }

    private static void Move(Span<byte> path, int start, int end, ref int length)
    {
        if (start != length)
            path[start..end].CopyTo(path[length..]);
        length += end - start;
    }

    /// <summary>The length of a segment, its slash included, without the session ids at its end. One that would leave a dot segment stays: it would be another path then.</summary>
    private static int WithoutPathParameter(ReadOnlySpan<byte> segment)
    {
        while (segment.LastIndexOf((byte)';') is var mark and >= 0)
        {
            var parameter = segment[(mark + 1)..];
            var equals = parameter.IndexOf((byte)'=');
            if (equals <= 0 || !Contains(parameter[..equals], parameter[(equals + 1)..], default) || segment[..mark] is [_, (byte)'.'] or [_, (byte)'.', (byte)'.'])
                break;
            segment = segment[..mark];
        }

        return segment.Length;
    }

    /// <summary>One or more of <c>X(24 letters and digits)</c> in brackets, or the id alone in them.</summary>
    private static bool IsAspSegment(ReadOnlySpan<byte> segment)
    {
        if (segment.Length < 26 || segment[0] != '(' || segment[^1] != ')')
            return false;
        var inner = segment[1..^1];
        if (IsAspId(inner))
            return true;
        while (inner.Length >= 27 && char.IsAsciiLetter((char)inner[0]) && inner[1] == '(' && inner[26] == ')' && IsAspId(inner[2..26]))
            inner = inner[27..];
        return inner.IsEmpty;
    }

    private static bool IsAspId(ReadOnlySpan<byte> id) => id.Length == 24 && !id.ContainsAnyExcept(LettersAndDigits);

    private static bool IsServletId(ReadOnlySpan<byte> value) => value.Length is >= 16 and <= 128 && !value.ContainsAnyExcept(ServletBytes) && value.ContainsAnyInRange((byte)'0', (byte)'9');

    private static bool IsToken(ReadOnlySpan<byte> value, int shortest, int longest) =>
        value.Length >= shortest && value.Length <= longest && !value.ContainsAnyExcept(LettersAndDigits) && value.ContainsAnyInRange((byte)'0', (byte)'9');
}
