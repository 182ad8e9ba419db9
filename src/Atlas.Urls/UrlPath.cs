namespace Atlas.Urls;

/// <summary>One spelling for a path (WHATWG URL, "path state"): backslashes are slashes, dot segments are resolved, empty segments stay.</summary>
internal static class UrlPath
{
    /// <summary>Writes the path and returns the length: at most three times that of the input, and one.</summary>
    /// <param name="path">Empty, or from its first slash.</param>
    /// <param name="to">Where to.</param>
    public static int Write(ReadOnlySpan<byte> path, Span<byte> to)
    {
        var length = 0;
        do
        {
            path = path.IsEmpty ? path : path[1..];
            var end = path.IndexOfAny((byte)'/', (byte)'\\');
            var isLast = end < 0;
            var start = length + 1;
            to[length] = (byte)'/';
            length = start + PercentEncoding.Normalize(isLast ? path : path[..end], to[start..], PercentEncoding.Plain);
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
}
