using System.Globalization;
using System.Text;
using Atlas.Pipeline.Check;
using Atlas.Urls;

namespace Atlas.Pipeline.Host.Reporting;

/// <summary>What <c>atlas check</c> says of one URL, for people and as a line of JSON. No user name and no password in either.</summary>
internal static class CheckText
{
    public static string Of(CheckAnswer answer)
    {
        var asked = answer.Asked;
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{(answer.IsKnown ? $"known, {answer.State}" : "new"),-16} {Shown(asked.Line)}\n");
        if (asked.Canonical.Length > 0)
            Row(text, "canonical form", Shown(asked.Canonical));
        Row(text, "content id", ContentId.ToHex(asked.ContentId));
        if (answer.Row is { } row)
        {
            if (row.Sequence > 0)
            {
                Row(text, "first seen", $"{Time(row.FirstSeen)}, source {row.Source} at byte {row.SourceOffset.ToString(CultureInfo.InvariantCulture)}");
                Row(text, "came first as", FirstSpelling(row.Url));
            }

            if (row.Attempts > 0)
                Row(text, "attempts", row.Attempts.ToString(CultureInfo.InvariantCulture));
            if (row.Reason.Length > 0)
                Row(text, row.State is "queued" or "leased" ? "last failure" : "reason", row.Reason);
            if (row.DueAt is { } due)
                Row(text, "due", Time(due));
            if (row.CheckedAt is { } at)
                Row(text, "last checked", Time(at));
            if (row.CheckFailure is { } failure)
                Row(text, "in vain", $"{Time(failure.At)}, {failure.Reason}: the document is what it was");
            if (row.AskedAgain.Length > 0)
                Row(text, "asked again", row.AskedAgain);
            if (row.AliasOf is { } target)
            {
                Row(text, "redirects to", Shown(target.Url));
                Row(text, "its content id", ContentId.ToHex(target.ContentId));
            }
        }

        Row(text, "a run would", answer.Verdict switch
        {
            "drop" => "count it as a duplicate",
            "admit" when answer.IsKnown => "admit it: it was refused by other rules than today's",
            "admit" => "admit it",
            _ => $"refuse it: {asked.Refusal.Name}",
        });
        return text.ToString();
    }

    public static ReadOnlySpan<byte> Json(CheckAnswer answer) => JsonLine.BytesOf(json =>
    {
        var asked = answer.Asked;
        json.WriteString("url", Shown(asked.Line));
        json.WriteBoolean("known", answer.IsKnown);
        json.WriteString("state", answer.State);
        json.WriteString("content_id", ContentId.ToHex(asked.ContentId));
        if (asked.Canonical.Length > 0)
            json.WriteString("canonical", Shown(asked.Canonical));
        if (answer.Row is { } row)
        {
            if (row.Sequence > 0)
            {
                json.WriteString("first_seen", Time(row.FirstSeen));
                json.WriteString("source", row.Source);
                json.WriteNumber("source_offset", row.SourceOffset);
                json.WriteString("duplicate_of", FirstSpelling(row.Url));
            }

            json.WriteNumber("attempts", row.Attempts);
            if (row.Reason.Length > 0)
                json.WriteString("reason", row.Reason);
            if (row.DueAt is { } due)
                json.WriteString("due_at", Time(due));
            if (row.CheckedAt is { } at)
                json.WriteString("checked_at", Time(at));
            if (row.CheckFailure is { } failure)
            {
                json.WriteString("check_failed_at", Time(failure.At));
                json.WriteString("check_failure", failure.Reason);
            }

            if (row.AskedAgain.Length > 0)
                json.WriteString("asked_again", row.AskedAgain);
            if (row.AliasOf is { } target)
            {
                json.WriteString("redirects_to", Shown(target.Url));
                json.WriteString("alias_of", ContentId.ToHex(target.ContentId));
            }
        }

        json.WriteString("verdict", answer.Verdict);
        if (asked.Refusal != Reason.None)
            json.WriteString("refusal", asked.Refusal.Name);
    });

    private static void Row(StringBuilder text, string name, string value) => text.Append(CultureInfo.InvariantCulture, $"  {name,-15} {value}\n");

    private static string FirstSpelling(byte[] url) => Shown(Encoding.UTF8.GetString(url));

    /// <summary>A line on a terminal: without what is secret, and as <see cref="TerminalText"/> has it.</summary>
    public static string Shown(string line) => TerminalText.Of(Redaction.Of(line));

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
