using System.Text;

namespace Atlas.Urls;

/// <summary>Who is asked for a URL, for politeness: the host in lower case and, unless it is the scheme's default, the port.</summary>
public static class HostKey
{
    /// <summary>The host key of an http or https URL as it was given; empty if there is no host in it.</summary>
    public static string Of(ReadOnlySpan<byte> url)
    {
        var start = url.IndexOf("://"u8);
        if (start < 0)
            return "";
        var isHttps = start == 5;
        var authority = url[(start + 3)..];
        var end = authority.IndexOfAny((byte)'/', (byte)'?', (byte)'#');
        if (end >= 0)
            authority = authority[..end];
        authority = authority[(authority.LastIndexOf((byte)'@') + 1)..];
        var defaultPort = isHttps ? ":443"u8 : ":80"u8;
        if (authority.EndsWith(defaultPort))
            authority = authority[..^defaultPort.Length];
        return Encoding.UTF8.GetString(authority).ToLowerInvariant();
    }
}
