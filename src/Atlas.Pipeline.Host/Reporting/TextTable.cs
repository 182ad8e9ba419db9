using System.Text;

namespace Atlas.Pipeline.Host.Reporting;

/// <summary>Columns for people: each as wide as what stands in it, some of which give way where the terminal is narrower. No cell can do anything to a terminal (<see cref="TerminalText"/>).</summary>
/// <param name="headers">The columns; one that ends in <c>&gt;</c> is set to the right.</param>
internal sealed class TextTable(params string[] headers)
{
    private const string Gap = "  ";

    /// <summary>What a column that gives way keeps at least.</summary>
    private const int LeastWidth = 24;

    private readonly List<string[]> _rows = [[.. headers.Select(header => header.TrimEnd('>'))]];

    /// <summary>Columns of the terminal that stdout is; any number where it is none.</summary>
    public static int TerminalWidth => Console.IsOutputRedirected ? int.MaxValue : Math.Max(Console.WindowWidth, 40);

    public void Add(params string[] cells) => _rows.Add([.. cells.Select(TerminalText.Of)]);

    /// <param name="width">Columns there are. No line is longer: what is cut ends in an ellipsis.</param>
    /// <param name="shortened">The columns that give way, the first one first.</param>
    public string ToText(int width, params ReadOnlySpan<int> shortened)
    {
        var widths = new int[headers.Length];
        foreach (var row in _rows)
        {
            for (var column = 0; column < widths.Length; column++)
                widths[column] = Math.Max(widths[column], row[column].Length);
        }

        var over = widths.Sum(each => (long)each) + (Gap.Length * (widths.Length - 1)) - width;
        foreach (var column in shortened)
        {
            var kept = (int)Math.Max(Math.Min(LeastWidth, widths[column]), widths[column] - Math.Max(0, over));
            over -= widths[column] - kept;
            widths[column] = kept;
        }

        var text = new StringBuilder();
        foreach (var row in _rows)
        {
            var line = new StringBuilder();
            for (var column = 0; column < widths.Length; column++)
            {
                var cell = Cut(row[column], widths[column]);
                line.Append(column > 0 ? Gap : "").Append(headers[column].EndsWith('>') ? cell.PadLeft(widths[column]) : cell.PadRight(widths[column]));
            }

            text.Append(Cut(line.ToString().TrimEnd(), width)).Append('\n');
        }

        return text.ToString();
    }

    private static string Cut(string text, int width) => text.Length <= width ? text : text[..(char.IsHighSurrogate(text[width - 2]) ? width - 2 : width - 1)] + "…";
}
