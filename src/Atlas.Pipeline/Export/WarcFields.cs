using System.Globalization;
using System.Text;

namespace Atlas.Pipeline.Export;

/// <summary>Named fields, a line each: the header of a record, or a block of type <c>application/warc-fields</c> (WARC 1.1, 4 and 5).</summary>
/// <remarks>Whatever a value holds, it stays one line: control characters, line breaks among them, are blanks here.</remarks>
internal sealed class WarcFields
{
    private readonly StringBuilder _text = new();

    /// <summary>Adds a field; none if there is no value.</summary>
    public WarcFields Add(string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
            _text.Append(name).Append(": ").Append(OneLine(value)).Append("\r\n");
        return this;
    }

    public WarcFields Add(string name, long value) => Add(name, value.ToString(CultureInfo.InvariantCulture));

    /// <summary>Adds a URL, in which what cannot stand in one is escaped.</summary>
    public WarcFields AddUrl(string name, string url) => Add(name, string.Concat(url.Select(letter => letter <= ' ' || char.IsControl(letter) ? Uri.HexEscape((char)(letter & 0xFF)) : letter.ToString())));

    public byte[] ToBytes() => Encoding.UTF8.GetBytes(_text.ToString());

    private static string OneLine(string value) => string.Create(value.Length, value, static (line, text) =>
    {
        for (var at = 0; at < line.Length; at++)
            line[at] = char.IsControl(text[at]) || text[at] is '\u2028' or '\u2029' ? ' ' : text[at];
    });
}
