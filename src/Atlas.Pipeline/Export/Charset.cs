using System.Text;

namespace Atlas.Pipeline.Export;

/// <summary>Which text the bytes of a body are, as its host says.</summary>
internal static class Charset
{
    /// <summary>The charset parameter of a Content-Type, in lower case; null if there is none.</summary>
    public static string? Of(string contentType)
    {
        const string Name = "charset";
        foreach (var part in contentType.Split(';').Skip(1))
        {
            var parameter = part.AsSpan().Trim();
            if (parameter.IndexOf('=') is not (var equals and > 0) || !parameter[..equals].TrimEnd().Equals(Name, StringComparison.OrdinalIgnoreCase))
                continue;
            var value = parameter[(equals + 1)..].Trim().Trim("\"'").Trim();
            return value.IsEmpty ? null : value.ToString().ToLowerInvariant();
        }

        return null;
    }

    /// <summary>A decoder that throws <see cref="DecoderFallbackException"/> at bytes that are no text; null for a charset that nobody knows.</summary>
    /// <param name="name">Null is UTF-8, unless the body begins with the mark of UTF-16.</param>
    /// <param name="start">The first bytes of the body.</param>
    public static Decoder? DecoderOf(string? name, ReadOnlySpan<byte> start)
    {
        name ??= start switch
        {
            [0xFE, 0xFF, ..] => "utf-16be",
            [0xFF, 0xFE, ..] => "utf-16",
            _ => "utf-8",
        };
        try
        {
            var encoding = CodePagesEncodingProvider.Instance.GetEncoding(name, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback)
                ?? Encoding.GetEncoding(name, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback);
            return encoding.GetDecoder();
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }
}
