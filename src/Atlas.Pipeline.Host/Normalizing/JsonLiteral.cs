using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Atlas.Pipeline.Host.Normalizing;

/// <summary>A line that is one JSON string (RFC 8259 section 7), so that a URL with tabs or line breaks fits in a line.</summary>
internal static class JsonLiteral
{
    /// <summary>The text in UTF-8; a surrogate without its other half becomes U+FFFD, as it does in the URL standard's scalar value strings. False for anything else than a JSON string.</summary>
    public static bool TryRead(ReadOnlySpan<byte> line, out byte[] text)
    {
        text = [];
        var reader = new Utf8JsonReader(line);
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.String)
                return false;
            var inside = reader.ValueSpan;
            var hasEscapes = reader.ValueIsEscaped;
            if (reader.Read())
                return false;
            text = hasEscapes ? Encoding.UTF8.GetBytes(Unescape(Encoding.UTF8.GetString(inside))) : inside.ToArray();
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    // The reader has checked the escapes; its own unescaping refuses lone surrogates, which lists of hostile URLs have.
    private static string Unescape(string inside)
    {
        var text = new StringBuilder(inside.Length);
        for (var i = 0; i < inside.Length; i++)
        {
            if (inside[i] != '\\')
            {
                text.Append(inside[i]);
                continue;
            }

            i++;
            text.Append(inside[i] switch
            {
                'b' => '\b',
                'f' => '\f',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'u' => (char)ushort.Parse(inside.AsSpan(i + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture),
                var itself => itself,
            });
            if (inside[i] == 'u')
                i += 4;
        }

        return text.ToString();
    }
}
