using System.Globalization;
using System.Text;
using Atlas.Pipeline.DeadLetters;

namespace Atlas.Pipeline.Host.Reporting;

/// <summary>How many dead letters there are of what, for people and as JSON lines.</summary>
internal static class LetterCountsText
{
    public static string Of(LetterCounts counts, string by)
    {
        if (counts.Letters == 0)
            return "";
        var isByReason = by == "reason";
        var table = isByReason ? new TextTable("reason", "count>", "share>", "newest", "stage", "class", "what it means") : new TextTable(by, "count>", "share>", "newest");
        foreach (var count in counts.Top)
        {
            string[] cells = [CheckText.Shown(count.Name.Length > 0 ? count.Name : "(none)"), Figures.Count(count.Count), Figures.Share(count.Count, counts.Letters), Time(count.Newest)];
            table.Add(isByReason ? [.. cells, .. Meaning(count.Name)] : cells);
        }

        var text = table.ToText(TextTable.TerminalWidth, isByReason ? 6 : 0);
        var others = counts.Letters - counts.Top.Sum(count => count.Count);
        return $"{text}{Figures.Count(counts.Letters)} in all{(others > 0 ? $", {Figures.Count(others)} of them in {Figures.Count(counts.Groups - counts.Top.Count)} more" : "")}.\n";
    }

    public static string Json(LetterCounts counts, string by)
    {
        var text = new StringBuilder();
        foreach (var count in counts.Top)
        {
            text.Append(JsonLine.Of(json =>
            {
                json.WriteString(by, count.Name);
                json.WriteNumber("count", count.Count);
                json.WriteNumber("share", counts.Letters == 0 ? 0 : Math.Round((double)count.Count / counts.Letters, 6));
                json.WriteString("newest", TimeText.Of(count.Newest));
                if (by == "reason" && Meaning(count.Name) is [var stage, var kind, _])
                {
                    json.WriteString("stage", stage);
                    json.WriteString("class", kind);
                }
            }));
        }

        return text.ToString();
    }

    private static string[] Meaning(string name) =>
        Reason.TryParse(name, out var reason) ? [LetterStage.Of(reason), LetterClasses.NameOf(reason.Class), reason.Cause] : ["", "", ""];

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
}
