using System.Globalization;
using System.Text;

namespace Atlas.Pipeline.DeadLetters;

/// <summary>The one text that a filter is written as, and read from: <c>reason=http_404,timeout host=example.org older_than=7d</c>. Two filters that want the same in other words have one text, by which replays are known.</summary>
/// <remarks>Values are sorted and each is written once; one with a blank, a comma, a quote or a percent sign in it has these percent-encoded. A filter that wants everything is <c>all</c>.</remarks>
internal static class LetterFilterText
{
    private const string Everything = "all";
    private const string TimeForm = "yyyy-MM-dd'T'HH:mm:ss.FFF'Z'";

    public static string Of(LetterFilter filter)
    {
        var text = new StringBuilder();
        Add("reason", filter.Reasons.Select(reason => reason.Name));
        Add("class", filter.Classes.Select(LetterClasses.NameOf));
        Add("stage", filter.Stages);
        Add("host", filter.Hosts);
        Add("domain", filter.Domains);
        Add("source", filter.Sources);
        if (filter.Since is { } since)
            Add("since", [TimeOf(since)]);
        if (filter.Until is { } until)
            Add("until", [TimeOf(until)]);
        if (filter.OlderThan is { } older)
            Add("older_than", [AgeText.Of(older)]);
        if (filter.NewerThan is { } newer)
            Add("newer_than", [AgeText.Of(newer)]);
        if (filter.MinAttempts > 0)
            Add("min_attempts", [filter.MinAttempts.ToString(CultureInfo.InvariantCulture)]);
        if (filter.Text is { } part)
            Add("text", [part]);
        if (filter.Kinds != LetterKinds.Any)
            Add("kind", [filter.Kinds == LetterKinds.Died ? "died" : "refused"]);
        return text.Length == 0 ? Everything : text.ToString();

        void Add(string name, IEnumerable<string> values)
        {
            var sorted = values.Distinct().Order(StringComparer.Ordinal).Select(Escaped).ToArray();
            if (sorted.Length == 0)
                return;
            text.Append(text.Length > 0 ? " " : "").Append(name).Append('=').AppendJoin(',', sorted);
        }
    }

    /// <summary>Reads what <see cref="Of"/> wrote, or a person; false with what is wrong.</summary>
    public static bool TryParse(string text, out LetterFilter filter, out string mistake)
    {
        filter = LetterFilter.All;
        mistake = "";
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (word == Everything)
                continue;
            var equals = word.IndexOf('=', StringComparison.Ordinal);
            string[] values = equals < 1 ? [] : [.. word[(equals + 1)..].Split(',').Select(Uri.UnescapeDataString)];
            if (values.Length == 0 || With(filter, word[..equals], values) is not { } wider)
            {
                mistake = $"'{word}' is no part of a filter.";
                return false;
            }

            filter = wider;
        }

        return true;
    }

    private static LetterFilter? With(LetterFilter filter, string name, string[] values)
    {
        var value = values.Length == 1 ? values[0] : null;
        switch (name)
        {
            case "reason":
                return All<Reason>(values, Reason.TryParse) is { } reasons ? filter with { Reasons = reasons } : null;
            case "class":
                return All<ErrorClass>(values, LetterClasses.TryParse) is { } classes ? filter with { Classes = classes } : null;
            case "stage":
                return values.All(LetterStage.Names.Contains) ? filter with { Stages = values } : null;
            case "host":
                return All<string>(values, LetterFilter.TryParseHost) is { } hosts ? filter with { Hosts = hosts } : null;
            case "domain":
                return All<string>(values, LetterFilter.TryParseHost) is { } domains ? filter with { Domains = domains } : null;
            case "source":
                return filter with { Sources = values };
            case "since":
                return TryTime(value, out var since) ? filter with { Since = since } : null;
            case "until":
                return TryTime(value, out var until) ? filter with { Until = until } : null;
            case "older_than":
                return AgeText.TryParse(value ?? "", out var older) ? filter with { OlderThan = older } : null;
            case "newer_than":
                return AgeText.TryParse(value ?? "", out var newer) ? filter with { NewerThan = newer } : null;
            case "min_attempts":
                return int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var attempts) && attempts is > 0 and <= byte.MaxValue ? filter with { MinAttempts = attempts } : null;
            case "text":
                return value is { Length: > 0 } ? filter with { Text = value } : null;
            case "kind":
                return value == "died" ? filter with { Kinds = LetterKinds.Died } : value == "refused" ? filter with { Kinds = LetterKinds.Refused } : null;
            default:
                return null;
        }
    }

    private delegate bool TryRead<T>(string text, out T value);

    private static List<T>? All<T>(string[] values, TryRead<T> tryRead)
    {
        var read = new List<T>(values.Length);
        foreach (var value in values)
        {
            if (!tryRead(value, out var one))
                return null;
            read.Add(one);
        }

        return read;
    }

    private static bool TryTime(string? text, out DateTimeOffset time) =>
        DateTimeOffset.TryParseExact(text, TimeForm, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time);

    private static string TimeOf(DateTimeOffset time) => time.UtcDateTime.ToString(TimeForm, CultureInfo.InvariantCulture);

    /// <summary>What would end a value or a word, and what would read as an escape.</summary>
    private static string Escaped(string value)
    {
        var text = new StringBuilder(value.Length);
        foreach (var letter in value)
        {
            if (letter is '%' or ',' || char.IsWhiteSpace(letter) || char.IsControl(letter))
                text.Append(Uri.EscapeDataString(letter.ToString()));
            else
                text.Append(letter);
        }

        return text.ToString();
    }
}
