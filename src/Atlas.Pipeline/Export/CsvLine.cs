using System.Globalization;
using System.Text;

namespace Atlas.Pipeline.Export;

/// <summary>A row of CSV as RFC 4180 has it.</summary>
/// <remarks>
/// Others choose some of the values, and a spreadsheet takes a value that begins with one of <c>= + - @</c>, a tab or a carriage return for a formula.
/// Such a value gets an apostrophe in front, which a spreadsheet shows as text; no number here begins so.
/// </remarks>
/// <param name="isForTerminal">Whether values go to a terminal, where they must not do anything (<see cref="TerminalText"/>); elsewhere they are exact.</param>
internal sealed class CsvLine(bool isForTerminal)
{
    private readonly StringBuilder _row = new();

    public void Add(long number) => _row.Append(CultureInfo.InvariantCulture, $"{number},");

    public void Add(string value)
    {
        if (isForTerminal)
            value = TerminalText.Of(value);
        if (value is ['=' or '+' or '-' or '@' or '\t' or '\r', ..])
            value = "'" + value;
        if (value.AsSpan().IndexOfAny("\",\r\n") >= 0)
            _row.Append('"').Append(value.Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"');
        else
            _row.Append(value);
        _row.Append(',');
    }

    /// <summary>The row with its line break; the next one begins.</summary>
    public byte[] End()
    {
        _row.Length--;
        var bytes = Encoding.UTF8.GetBytes(_row.Append("\r\n").ToString());
        _row.Clear();
        return bytes;
    }
}
