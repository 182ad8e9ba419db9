using System.Text;

namespace Atlas.Pipeline.Discover;

/// <summary>What an attribute's value means as an address: its characters by the document's encoding, its references replaced.</summary>
internal static class AttributeText
{
    /// <summary>UTF-8, where the address is to be UTF-8; what the query holds beyond ASCII is percent-encoded in the document's own encoding (WHATWG URL 4.4, query state).</summary>
    /// <param name="value">As it stands in the document.</param>
    /// <param name="encoding">The document's; null for UTF-8 or when nobody said which.</param>
    public static byte[] Decode(ReadOnlySpan<byte> value, Encoding? encoding)
    {
        if (encoding is null && !Ascii.IsValid(value) && DocumentEncoding.Guess(value) is var guess and not UTF8Encoding)
            encoding = guess;

        var utf8 = encoding is null || Ascii.IsValid(value) ? value : Encoding.UTF8.GetBytes(encoding.GetString(value));
        var to = new byte[2 * utf8.Length];
        var text = to.AsSpan(0, CharacterReferences.Decode(utf8, to));
        var query = text.IndexOf((byte)'?');
        return encoding is null || query < 0 || Ascii.IsValid(text[query..]) ? text.ToArray() : [.. text[..query], .. InEncoding(text[query..], encoding)];
    }

    private static byte[] InEncoding(ReadOnlySpan<byte> query, Encoding encoding)
    {
        var text = new StringBuilder();
        foreach (var value in encoding.GetBytes(Encoding.UTF8.GetString(query)))
        {
            if (value < 0x80)
                text.Append((char)value);
            else
                text.Append('%').Append(value.ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
        }

        return Encoding.ASCII.GetBytes(text.ToString());
    }
}
