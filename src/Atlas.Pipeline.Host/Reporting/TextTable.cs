using System.Text;

namespace Atlas.Pipeline.Host.Reporting;

/// <summary>Columns for people: each as wide as what stands in it, and one that gives way where the terminal is narrower.</summary>
/// <param name="headers">The columns; one that ends in <c>&gt;</c> is set to the right.</param>
internal sealed class TextTable(params string[] headers)
{
    private const string Gap = "  ";

    /// <summary>What the column that gives way keeps at least.</summary>
    private const int LeastWidth = 24;

    private readonly List<string[]> _rows = [[.. headers.Select(header => header.TrimEnd('>'))]];

    /// <summary>Columns of the terminal that stdout is; any number where it is none.</summary>
    public static int TerminalWidth => Console.IsOutputRedirected ? int.MaxValue : Math.Max(Console.WindowWidth, 40);

    public void Add(params string[] cells) => _rows.Add(cells);

    /// <param name="width">Columns there are.</param>
    /// <param name="shortened">The column that gives way; what is cut ends in an ellipsis.</param>
    public string ToText(int width, int shortened)
    {
        var widths = new int[headers.Length];
        foreach (var row in _rows)
        {
            for (var column = 0; column < widths.Length; column++)
                widths[column] = Math.Max(widths[column], row[column].Length);
        }

        var over = widths.Sum(each => (long)each) + (Gap.Length * (widths.Length - 1)) - width;
        if (over > 0)
            widths[shortened] = (int)Math.Max(Math.Min(LeastWidth, widths[shortened]), widths[shortened] - over);
        var text = new StringBuilder();
        foreach (var row in _rows)
        {
            var line = new StringBuilder();
            for (var column = 0; column < widths.Length; column++)
            {
                var cell = row[column].Length > widths[column] ? row[column][..(widths[column] - 1)] + "…" : row[column];
                line.Append(column > 0 ? Gap : "").Append(headers[column].EndsWith('>') ? cell.PadLeft(widths[column]) : cell.PadRight(widths[column]));
            }

            text.Append(line.ToString().TrimEnd()).Append('\n');
        }

        return text.ToString();
    }
}
