using System.CommandLine;
using Atlas.Pipeline.Host.Reporting;

namespace Atlas.Pipeline.Host.Commands;

/// <summary>As what dead letters are written: a table, JSON lines or CSV.</summary>
internal sealed class LetterFormOptions
{
    private readonly Option<bool> _json = new("--json") { Description = "A JSON object a line." };
    private readonly Option<bool> _csv = new("--csv") { Description = "CSV with a header, as RFC 4180 has it." };

    public void AddTo(Command command)
    {
        command.Add(_json);
        command.Add(_csv);
        command.Validators.Add(result =>
        {
            if (result.GetValue(_json) && result.GetValue(_csv))
                result.AddError("--json or --csv, not both.");
        });
    }

    /// <summary>Whether a number of things to show is one; else it is said on stderr.</summary>
    public static bool IsCount(Option<int> option, int count)
    {
        if (count >= 1)
            return true;
        Console.Error.WriteLine($"{option.Name}: must be at least 1, got {count}.");
        return false;
    }

    public LetterOutput Open(ParseResult line, DlqDesk desk) =>
        line.GetValue(_json) ? LetterOutput.Json(desk.Canonical)
        : line.GetValue(_csv) ? LetterOutput.Csv(desk.Canonical)
        : LetterOutput.Table();
}
