using System.Text;
using FsCheck.Xunit;

namespace Atlas.Urls.Tests;

public sealed class CanonicalizerProperties
{
    private static readonly string[] Pieces =
    [
        "http", "https", "HTTPS", "ftp", ":", "//", "/", "\\", "?", "#", "#!", "&", "=", "@", "[", "]", ".", "..", "%2e", "%", "%25", "%2", "%C3", "é", "ü", "ｅ", "。",
        "\u00AD", "a", "B", "0", "80", "443", "65535", "h.example", "127.1", "0x7f", "::1", "utm_id=1", "gclid", " ", "\t", "\n", "<", "|", "xn--", "~", "{", "日本", "\uD83D\uDE00",
    ];

    [Property(MaxTest = 2000)]
    public void Any_bytes_are_judged_without_an_exception(byte[] bytes)
    {
        var http = "http://"u8.ToArray().Concat(bytes).ToArray();

        Holds(bytes);
        Holds(http);
    }

    [Property(MaxTest = 3000)]
    public void A_canonical_form_is_its_own_canonical_form(byte[] choice, bool isWhole)
    {
        var text = string.Concat(choice.Select(index => Pieces[index % Pieces.Length]));

        Holds(Encoding.UTF8.GetBytes((isWhole ? "http://h" : "https://") + text));
    }

    [Property(MaxTest = 500)]
    public void Spellings_of_one_resource_keep_its_host(byte host, bool isUpper, bool isSecure)
    {
        var name = $"host{host}.example";
        var url = $"{(isSecure ? "https" : "http")}://{(isUpper ? name.ToUpperInvariant() : name)}./";

        var canonical = Spelling.Of(Encoding.UTF8.GetBytes(url), out var parts)!;

        Assert.Equal(name, Encoding.UTF8.GetString(canonical, parts.HostStart, parts.HostLength));
        Assert.Equal($"http://{name}/", Encoding.UTF8.GetString(canonical));
    }

    private static void Holds(byte[] url)
    {
        if (Spelling.Of(url, out var parts) is not { } once)
            return;

        var twice = Spelling.Of(once, out var again);

        Assert.Equal(Encoding.UTF8.GetString(once), twice is null ? null : Encoding.UTF8.GetString(twice));
        Assert.Equal(parts with { Applied = AppliedRules.None }, again);
        Assert.Equal(once.AsSpan().SequenceEqual(url), parts.Applied == AppliedRules.None);
    }
}
