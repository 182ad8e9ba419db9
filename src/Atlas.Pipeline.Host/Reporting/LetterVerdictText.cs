using System.Globalization;
using System.Text;
using System.Text.Json;
using Atlas.Pipeline.Check;
using Atlas.Pipeline.DeadLetters;
using Atlas.Urls;

namespace Atlas.Pipeline.Host.Reporting;

/// <summary>What would become of dead letters, for people and as JSON lines.</summary>
/// <param name="output">Where it goes.</param>
/// <param name="json">As JSON lines.</param>
internal sealed class LetterVerdictText(Stream output, bool json)
{
    /// <summary>How many of which reason would become what.</summary>
    public void WriteCounts(IReadOnlyList<AskedLetter> asked)
    {
        var counts = asked.GroupBy(letter => (letter.From, letter.Verdict, letter.Reason))
            .Select(group => (group.Key, Count: group.LongCount()))
            .OrderByDescending(group => group.Count).ThenBy(group => group.Key.From, StringComparer.Ordinal).ThenBy(group => group.Key.Reason.Name, StringComparer.Ordinal)
            .ToList();
        if (json)
        {
            foreach (var (what, count) in counts)
                WriteJson(line => WriteVerdict(line, what.From, what.Verdict, what.Reason), line => line.WriteNumber("count", count));
            return;
        }

        if (counts.Count == 0)
            return;
        var table = new TextTable("refused for", "today", "for", "count>");
        foreach (var (what, count) in counts)
            table.Add(what.From, NameOf(what.Verdict), what.Reason == Reason.None ? "" : what.Reason.Name, Figures.Count(count));
        output.Write(Encoding.UTF8.GetBytes(table.ToText(TextTable.TerminalWidth, shortened: 0)));
    }

    /// <summary>Each letter by its number and URL.</summary>
    public void WriteEach(IReadOnlyList<AskedLetter> asked, LetterBook book)
    {
        var at = 0;
        foreach (var letter in book.Read(asked.Select(each => new LetterPlace(0, each.Sequence))))
        {
            // What has gone meanwhile is left out of what is read.
            while (asked[at].Sequence != letter.Sequence)
                at++;
            var (verdict, url) = (asked[at], Redaction.Of(Encoding.UTF8.GetString(letter.Line)));
            if (json)
                WriteJson(line => line.WriteNumber("seq", letter.Sequence), line => line.WriteString("url", url), line => WriteVerdict(line, verdict.From, verdict.Verdict, verdict.Reason));
            else
                output.Write(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{letter.Sequence,10}  {TerminalText.Of(letter.ReasonName),-18}  {Today(verdict),-28}  {CheckText.Shown(url)}\n")));
        }
    }

    /// <summary>What it comes to.</summary>
    public static string Sentence(IReadOnlyList<AskedLetter> asked)
    {
        if (asked.Count == 0)
            return "No dead letters fit.";
        var parts = new List<string>();
        foreach (var (verdict, what) in ((LetterVerdict, string)[])
        [
            (LetterVerdict.Pass, "would pass now"), (LetterVerdict.Duplicate, "would pass and are known already"), (LetterVerdict.Refuse, "would be refused again"), (LetterVerdict.Fetch, "died while they were fetched and would be fetched again"),
        ])
        {
            if (asked.LongCount(letter => letter.Verdict == verdict) is > 0 and var count)
                parts.Add($"{Figures.Count(count)} {what}");
        }

        return $"Of {Figures.Count(asked.Count)} dead letters {string.Join(", ", parts)}.";
    }

    private static string NameOf(LetterVerdict verdict) => verdict switch
    {
        LetterVerdict.Pass => "pass",
        LetterVerdict.Duplicate => "duplicate",
        LetterVerdict.Refuse => "refuse",
        _ => "fetch",
    };

    private static string Today(AskedLetter letter) => letter.Reason == Reason.None ? NameOf(letter.Verdict) : $"{NameOf(letter.Verdict)} {letter.Reason.Name}";

    private static void WriteVerdict(Utf8JsonWriter line, string from, LetterVerdict verdict, Reason reason)
    {
        line.WriteString("reason", from);
        line.WriteString("verdict", NameOf(verdict));
        if (reason != Reason.None)
            line.WriteString("refusal", reason.Name);
    }

    private void WriteJson(params Action<Utf8JsonWriter>[] parts) => output.Write(JsonLine.BytesOf(line =>
    {
        foreach (var part in parts)
            part(line);
    }));
}
