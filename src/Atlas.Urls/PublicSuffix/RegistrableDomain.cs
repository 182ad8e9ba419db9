namespace Atlas.Urls;

/// <summary>The domain that somebody registered: one label more than the public suffix a host ends in (<c>example.co.uk</c> of <c>a.b.example.co.uk</c>).</summary>
/// <remarks>By the Public Suffix List (publicsuffix.org), its private section included, so that two sites of one hosting company are two. A suffix that is not on the list is one label.</remarks>
public static class RegistrableDomain
{
    /// <summary>The registrable domain, as a part of the host; empty for addresses and for hosts that are a public suffix themselves.</summary>
    /// <param name="host">As it stands in a canonical form (lower case, international names as <c>xn--</c>), without a port. Other spellings give an undefined part of themselves.</param>
    public static ReadOnlySpan<byte> Of(ReadOnlySpan<byte> host)
    {
        if (host.IsEmpty || host[0] is (byte)'[' or (byte)'.' || host[^1] is (byte)'.' or (>= (byte)'0' and <= (byte)'9'))
            return default;

        var start = host[..SuffixTable.Shared.SuffixStart(host)];
        return start.IsEmpty ? default : host[(start[..^1].LastIndexOf((byte)'.') + 1)..];
    }
}
