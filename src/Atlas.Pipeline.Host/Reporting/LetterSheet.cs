using System.Globalization;
using System.Text;
using Atlas.Pipeline.DeadLetters;
using Atlas.Pipeline.Ledger;
using Atlas.Urls;

namespace Atlas.Pipeline.Host.Reporting;

/// <summary>Everything about one dead letter, for people.</summary>
internal static class LetterSheet
{
    public static string Of(Letter letter, string? canonical)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{letter.Sequence}  {CheckText.Shown(Encoding.UTF8.GetString(letter.Line))}\n");
        if (canonical is not null)
            Row("canonical form", CheckText.Shown(canonical));
        Row("content id", ContentId.ToHex(letter.ContentId));
        Row("reason", $"{letter.ReasonName}: {(letter.Reason == Reason.None ? "no reason that this program knows" : letter.Reason.Cause)}");
        if (letter.Error != letter.ReasonName)
            Row("error", CheckText.Shown(letter.Error));
        Row("class, stage", $"{LetterClasses.NameOf(letter.Reason.Class)}, {LetterStage.Of(letter.Reason)}");
        Row(letter.WasAdmitted ? "given up" : "refused", TimeText.Of(letter.At));
        Row("first seen", TimeText.Of(letter.FirstSeen));
        if (letter.Occurrences > 1)
            Row("last seen", $"{TimeText.Of(letter.LastSeen)}, {Figures.Count(letter.Occurrences)} times in all");
        Row("source", $"{letter.Source} at byte {letter.SourceOffset.ToString(CultureInfo.InvariantCulture)}");
        Row("program", $"{(letter.Version.Length > 0 ? letter.Version : "unknown")}, canonical rules {letter.Ruleset.ToString(CultureInfo.InvariantCulture)}");
        if (letter.Notes.Length > 0)
            Row("notes", letter.Notes);
        foreach (var (name, json) in letter.Facts.Members)
            Row("fact", $"{CheckText.Shown(name)} = {CheckText.Shown(json)}");
        foreach (var (filter, at) in letter.Replays)
            Row("replayed", $"{TimeText.Of(at)}, in vain, by: {CheckText.Shown(filter)}");
        Row("attempts", letter.Attempts.ToString(CultureInfo.InvariantCulture));
        foreach (var attempt in letter.History)
        {
            var status = attempt.Status > 0 ? string.Create(CultureInfo.InvariantCulture, $", status {attempt.Status}") : "";
            text.Append(CultureInfo.InvariantCulture, $"    {attempt.Number,3}  {TimeText.Of(attempt.At)}  {TerminalText.Of(attempt.Reason)}{status}, {Figures.Count(attempt.LatencyMs)} ms{(attempt.Error.Length > 0 ? $": {CheckText.Shown(attempt.Error)}" : "")}\n");
        }

        return text.ToString();

        void Row(string name, string value) => text.Append(CultureInfo.InvariantCulture, $"  {name,-15} {TerminalText.Of(value)}\n");
    }
}
