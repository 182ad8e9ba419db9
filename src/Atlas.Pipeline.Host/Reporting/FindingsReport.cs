using Atlas.Pipeline.Fsck;

namespace Atlas.Pipeline.Host.Reporting;

/// <summary>Writes what a check finds, a line each, as it is found.</summary>
internal sealed class FindingsReport(TextWriter output, bool json)
{
    private readonly int[] _counts = new int[3];

    /// <summary>Findings that say that something is still wrong.</summary>
    public int Damaged => _counts[(int)FindingState.Damaged];

    public void Write(Finding finding)
    {
        _counts[(int)finding.State]++;
        output.Write(json ? JsonOf(finding) : TextOf(finding));
    }

    /// <summary>The last line: what it comes to.</summary>
    public void End(string state)
    {
        var (notes, repaired) = (_counts[(int)FindingState.Note], _counts[(int)FindingState.Repaired]);
        if (json)
        {
            output.Write(JsonLine.Of(line =>
            {
                line.WriteString("state_directory", state);
                line.WriteNumber("damaged", Damaged);
                line.WriteNumber("repaired", repaired);
                line.WriteNumber("notes", notes);
            }));
        }
        else
        {
            var verdict = Damaged > 0 ? "damaged" : repaired > 0 ? "repaired" : "clean";
            output.WriteLine($"{state} is {verdict}{(Damaged + repaired + notes == 0 ? "" : $": {Damaged} damaged, {repaired} repaired, {notes} notes")}.");
        }
    }

    private static string NameOf(FindingState state) => state switch
    {
        FindingState.Damaged => "damaged",
        FindingState.Repaired => "repaired",
        _ => "note",
    };

    private static string TextOf(Finding finding) =>
        $"{NameOf(finding.State)} {finding.Part}: {finding.What} ({(finding.Count == 1 ? "" : $"{Figures.Count(finding.Count)}, first ")}{finding.Where}). {finding.WayOut}\n";

    private static string JsonOf(Finding finding) => JsonLine.Of(line =>
    {
        line.WriteString("state", NameOf(finding.State));
        line.WriteString("part", finding.Part);
        line.WriteString("what", finding.What);
        line.WriteString("where", finding.Where);
        line.WriteNumber("count", finding.Count);
        line.WriteString("way_out", finding.WayOut);
    });
}
