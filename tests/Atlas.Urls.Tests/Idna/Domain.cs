using System.Text;
using Atlas.Urls.Idna;

namespace Atlas.Urls.Tests.Idna;

/// <summary>ASCII forms of hosts as text; null where there is none.</summary>
internal static class Domain
{
    public static string? ToAscii(string host) => ToAscii(Encoding.UTF8.GetBytes(host));

    public static string? ToAscii(ReadOnlySpan<byte> host)
    {
        Span<byte> ascii = stackalloc byte[Uts46.MaxAsciiLength];
        return Uts46.TryToAscii(host, ascii, out var length) ? Encoding.Latin1.GetString(ascii[..length]) : null;
    }

    public static int[] CodePoints(string text) => [.. text.EnumerateRunes().Select(rune => rune.Value)];

    public static string Text(ReadOnlySpan<int> codePoints)
    {
        var text = new StringBuilder();
        foreach (var codePoint in codePoints)
            text.Append(char.ConvertFromUtf32(codePoint));
        return text.ToString();
    }
}
