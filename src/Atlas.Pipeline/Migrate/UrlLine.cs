using Atlas.Pipeline.Sources;

namespace Atlas.Pipeline.Migrate;

/// <summary>What a ledger keeps of a line: a URL that is too long for one is known by all of it, and its start is kept.</summary>
internal static class UrlLine
{
    public static bool IsTooLong(ReadOnlySpan<byte> url) => url.Length > LineBatcher.MaxLine;

    public static ReadOnlySpan<byte> KeptOf(ReadOnlySpan<byte> url) => IsTooLong(url) ? url[..LineBatcher.KeptOfLongLine] : url;
}
