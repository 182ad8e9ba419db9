namespace Atlas.Urls;

/// <summary>One spelling for a path (WHATWG URL, "path state"): backslashes are slashes, dot segments are resolved, empty segments stay.</summary>
internal static class UrlPath
{
    /// <summary>Bytes that are looked at one by one, before it pays to look at blocks.</summary>
    private const int Near = 10;

    /// <summary>Writes the path and returns the length: at most three times that of the input, and one; what lies behind it in <paramref name="to"/> is undefined.</summary>
    /// <param name="path">Empty, or from its first slash.</param>
    /// <param name="to">Where to.</param>
    /// <param name="applied">Gets what changed.</param>
    public static int Write(ReadOnlySpan<byte> path, Span<byte> to, ref AppliedRules applied)
    {
        if (path.IsEmpty)
        {
            applied |= AppliedRules.Path;
            to[0] = (byte)'/';
            return 1;
        }

        // Unreserved characters are bare afterwards, so %2e counts as the dot it is.
        var length = PercentEncoding.Normalize(path, to, PercentEncoding.InPath);
        if (!to[..length].SequenceEqual(path))
            applied |= path.Contains((byte)'\\') ? AppliedRules.Path : AppliedRules.Escapes;
        var dot = to[..length].IndexOf("/."u8);
        if (dot < 0)
            return length;

        // Whatever is resolved gets shorter.
        var resolved = ResolveDots(to[..length], dot);
        if (resolved < length)
            applied |= AppliedRules.Path;
        return resolved;
    }

    /// <summary>Resolves dot segments in place and returns the new length; at most one byte for one that was there.</summary>
    /// <param name="path">From its first slash.</param>
    /// <param name="dot">The first slash that a dot follows.</param>
    private static int ResolveDots(Span<byte> path, int dot)
    {
        var length = dot;
        while (dot < path.Length)
        {
            var rest = path[(dot + 2)..];
            var isUp = !rest.IsEmpty && rest[0] == '.';
            var end = dot + (isUp ? 3 : 2);
            if (end == path.Length || path[end] == '/')
            {
                if (isUp && length > 0)
                    length = path[..length].LastIndexOf((byte)'/');
                if (end == path.Length)
                    path[length++] = (byte)'/';
            }
            else
            {
                // A name that starts with a dot goes with what follows it.
                end = dot;
            }

            dot = NextDot(path, end == dot ? dot + 2 : end);
            var kept = path[end..dot];
            kept.CopyTo(path[length..]);
            length += kept.Length;
        }

        return length;
    }

    /// <summary>The next slash that a dot follows; the path's end if there is none.</summary>
    private static int NextDot(ReadOnlySpan<byte> path, int start)
    {
        // Where there is one, the next is often near.
        for (var near = Math.Min(start + Near, path.Length - 1); start < near; start++)
        {
            if (path[start] == '/' && path[start + 1] == '.')
                return start;
        }

        var dot = path[start..].IndexOf("/."u8);
        return dot < 0 ? path.Length : start + dot;
    }
}
