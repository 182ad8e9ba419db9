using System.Buffers;
using System.Text;

namespace Atlas.Pipeline.Discover;

/// <summary>The encoding of a document: by its byte order mark, its Content-Type, or the <c>meta</c> of its first 1,024 bytes, in this order (WHATWG HTML 13.2.3).</summary>
internal static class DocumentEncoding
{
    private const int PrescannedBytes = 1_024;

    /// <summary>Names that the WHATWG Encoding standard gives to another encoding than the runtime does.</summary>
    private static readonly Dictionary<string, int> CodePages = new(StringComparer.OrdinalIgnoreCase)
    {
        ["iso-8859-1"] = 1252,
        ["latin1"] = 1252,
        ["l1"] = 1252,
        ["ascii"] = 1252,
        ["us-ascii"] = 1252,
        ["iso-8859-9"] = 1254,
        ["latin5"] = 1254,
        ["iso-8859-11"] = 874,
        ["tis-620"] = 874,
        ["gb2312"] = 54936,
        ["gbk"] = 54936,
        ["gb18030"] = 54936,
        ["euc-kr"] = 949,
        ["ks_c_5601-1987"] = 949,
        ["x-sjis"] = 932,
        ["shift-jis"] = 932,
        ["utf-16"] = 1200,
    };

    private static readonly SearchValues<char> EndsCharset = SearchValues.Create(";, \t\"'");

    private static readonly Encoding Western = CodePagesEncodingProvider.Instance.GetEncoding(1252)!;

    /// <summary>The encoding; null when nothing says which, or it is UTF-8.</summary>
    /// <param name="document">Any bytes.</param>
    /// <param name="contentType">As sent.</param>
    public static Encoding? Of(ReadOnlySpan<byte> document, string contentType)
    {
        if (document.StartsWith("\uFEFF"u8))
            return null;
        if (document is [0xFF, 0xFE, ..])
            return Encoding.Unicode;
        if (document is [0xFE, 0xFF, ..])
            return Encoding.BigEndianUnicode;
        if (CharsetIn(contentType) is { Length: > 0 } charset && Named(charset) is { } sent)
            return sent is UTF8Encoding ? null : sent;

        // Bytes in which this could be read at all are no UTF-16, whatever they say.
        return PrescanMeta(document[..Math.Min(document.Length, PrescannedBytes)]) is { } said && !IsWide(said) && said is not UTF8Encoding ? said : null;
    }

    /// <summary>Whether the bytes must be recoded before tags can be found in them: ASCII is not ASCII there.</summary>
    public static bool IsWide(Encoding encoding) => encoding.CodePage is 1200 or 1201 or 12000 or 12001 or 50220 or 50221 or 50222;

    /// <summary>Text of an encoding that nobody named: UTF-8 where it is, windows-1252 where it is not.</summary>
    public static Encoding Guess(ReadOnlySpan<byte> text) => System.Text.Unicode.Utf8.IsValid(text) ? Encoding.UTF8 : Western;

    /// <summary>The charset parameter of a content type; empty when it has none.</summary>
    public static string CharsetIn(string contentType)
    {
        var at = contentType.IndexOf("charset", StringComparison.OrdinalIgnoreCase);
        while (at >= 0)
        {
            var rest = contentType.AsSpan(at + "charset".Length).TrimStart();
            if (rest.StartsWith('='))
            {
                rest = rest[1..].TrimStart();
                var isQuoted = rest is ['"' or '\'', ..];
                var end = isQuoted ? rest[1..].IndexOf(rest[0]) : rest.IndexOfAny(EndsCharset);
                rest = isQuoted ? rest[1..] : rest;
                return (end < 0 ? rest : rest[..end]).Trim().ToString();
            }

            at = contentType.IndexOf("charset", at + 1, StringComparison.OrdinalIgnoreCase);
        }

        return "";
    }

    private static Encoding? PrescanMeta(ReadOnlySpan<byte> start)
    {
        var tokens = new HtmlTokenizer(start);
        while (tokens.NextTag())
        {
            if (tokens.IsEnd || tokens.Element != HtmlElement.Meta)
                continue;

            var (charset, content) = ("", "");
            var says = false;
            while (tokens.NextAttribute(out var name, out var value))
            {
                if (Ascii.EqualsIgnoreCase(name, "charset"u8) && charset.Length == 0)
                    charset = Encoding.Latin1.GetString(value).Trim();
                else if (Ascii.EqualsIgnoreCase(name, "content"u8) && content.Length == 0)
                    content = Encoding.Latin1.GetString(value);
                else if (Ascii.EqualsIgnoreCase(name, "http-equiv"u8))
                    says |= Ascii.EqualsIgnoreCase(value, "content-type"u8);
            }

            if (tokens.IsCut)
                return null;
            if (charset.Length == 0 && says)
                charset = CharsetIn(content);
            if (charset.Length > 0 && Named(charset) is { } encoding)
                return encoding;
        }

        return null;
    }

    private static Encoding? Named(string charset)
    {
        if (charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase) || charset.Equals("utf8", StringComparison.OrdinalIgnoreCase))
            return Encoding.UTF8;
        try
        {
            if (CodePages.TryGetValue(charset, out var page))
                return CodePagesEncodingProvider.Instance.GetEncoding(page) ?? Encoding.GetEncoding(page);
            var found = CodePagesEncodingProvider.Instance.GetEncoding(charset) ?? Encoding.GetEncoding(charset);

            // Others, as EBCDIC, turn harmless bytes into markup; no browser reads them.
            return IsWide(found) || found.GetString("<a href=\"/?b&c#\">"u8) == "<a href=\"/?b&c#\">" ? found : null;
        }
        catch (Exception unknown) when (unknown is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }
}
