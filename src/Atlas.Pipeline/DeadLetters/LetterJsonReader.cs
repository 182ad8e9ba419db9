using System.Globalization;
using System.Text;
using System.Text.Json;
using Atlas.Pipeline.Ledger;
using Atlas.Urls;

namespace Atlas.Pipeline.DeadLetters;

/// <summary>Reads dead letters as <see cref="LetterJson"/> writes exact ones. Only <c>url</c> (or <c>url_base64</c>) and <c>reason</c> have to be there, so that other programs can make them too. One caller at a time.</summary>
/// <param name="canonical">Makes ids, where the line brings none by the canonical rules of today.</param>
/// <param name="now">When a letter was refused that does not say when.</param>
internal sealed class LetterJsonReader(CanonicalUrls canonical, DateTimeOffset now)
{
    /// <summary>Failed tries of one letter.</summary>
    private const int MostAttempts = 1_000;

    /// <summary>Far more than there can be, and room to count on.</summary>
    private const long MostOccurrences = 1L << 52;

    /// <summary>As a row of a letter can have it.</summary>
    private const int MostDepth = byte.MaxValue - 1;

    private static readonly string Version = typeof(LetterJsonReader).Assembly.GetName().Version?.ToString(3) ?? "";

    private static readonly CanonicalizationError[] Flaws = Enum.GetValues<CanonicalizationError>();

    /// <summary>Reads one line, or says what is wrong with it.</summary>
    public bool TryRead(ReadOnlySpan<byte> line, out ImportedLetter? letter, out string mistake)
    {
        (letter, mistake) = (null, "");
        try
        {
            using var document = JsonDocument.Parse(line.ToArray());
            letter = Read(document.RootElement);
            return true;
        }
        catch (JsonException wrong)
        {
            mistake = $"is no JSON: {wrong.Message}";
        }
        catch (FormatException wrong)
        {
            mistake = wrong.Message;
        }

        return false;
    }

    private ImportedLetter Read(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
            throw new FormatException("is no JSON object.");
        var line = LineOf(root);
        var name = TextOf(root, "reason") ?? throw new FormatException("reason: is missing.");
        var reason = Reason.TryParse(name, out var known) ? known : Reason.None;
        var error = TextOf(root, "error") ?? name;
        var flaw = reason == Reason.Malformed ? Flaws.FirstOrDefault(flaw => flaw != CanonicalizationError.None && Encoding.ASCII.GetString(CanonicalizationErrorNames.Of(flaw)) == error) : CanonicalizationError.None;
        var (firstSeen, given) = (TimeOf(root, "first_seen"), TimeOf(root, "quarantined_at"));
        var at = given ?? now;
        var id = IdOf(root, line, reason);
        var history = HistoryOf(root);
        var facts = new LetterFacts
        {
            Members = MembersOf(root),
            Error = LetterReader.ErrorOf(flaw, history, name) == error ? null : error,
            Attempts = NumberOf(root, "attempts", int.MaxValue) is { } attempts && attempts != (history.Count > 0 ? history[^1].Number : 0) ? (int)attempts : null,
            FirstSeen = firstSeen is { } seen && seen != at ? seen.ToUnixTimeMilliseconds() : null,
            Occurrences = NumberOf(root, "occurrences", MostOccurrences) is { } count and > 1 ? count : null,
            LastSeen = TimeOf(root, "last_seen") is { } last && last != at ? last.ToUnixTimeMilliseconds() : null,
            Version = TextOf(root, "program_version") is { } version && version != Version ? version : null,
            Canonical = TextOf(root, "canonical_url") is { } form && form != canonical.Of(line, id) ? form : null,
            Reason = reason == Reason.None && name != Reason.None.Name ? name : null,
        };
        return new ImportedLetter
        {
            Line = line,
            ContentId = id,
            Reason = reason,
            Flaw = flaw,
            At = at,
            IsDated = given is not null || firstSeen is not null,
            Depth = (byte?)NumberOf(root, "depth", MostDepth),
            Source = TextOf(root, "source") ?? "",
            SourceOffset = NumberOf(root, "source_offset", long.MaxValue) ?? 0,
            Notes = TextOf(root, "notes") ?? "",
            Facts = facts.Error is not null || facts.Reason is not null ? facts with { For = reason.Name } : facts,
            History = history,
        };
    }

    private static byte[] LineOf(JsonElement root)
    {
        if (TextOf(root, "url") is { } url)
            return Encoding.UTF8.GetBytes(url);
        if (!root.TryGetProperty("url_base64", out var bytes))
            throw new FormatException("url: is missing.");
        return bytes.ValueKind == JsonValueKind.String && bytes.TryGetBytesFromBase64(out var line) ? line : throw new FormatException("url_base64: must be bytes in base64.");
    }

    /// <summary>An id by other canonical rules than today's is none here; that of a line of which only the beginning was kept can't be made again.</summary>
    private UInt128 IdOf(JsonElement root, byte[] line, Reason reason)
    {
        if (TextOf(root, "content_id") is not { } digits)
            return canonical.IdOf(line);
        if (digits.Length != 32 || !UInt128.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var id))
            throw new FormatException("content_id: must be 32 hexadecimal digits.");
        var ruleset = NumberOf(root, "ruleset_version", byte.MaxValue) ?? CanonicalizationRules.RulesetVersion;
        return ruleset == CanonicalizationRules.RulesetVersion || reason == Reason.LineTooLong ? id : canonical.IdOf(line);
    }

    private static List<(string, string)> MembersOf(JsonElement root)
    {
        if (!root.TryGetProperty("facts", out var facts))
            return [];
        if (facts.ValueKind != JsonValueKind.Object)
            throw new FormatException("facts: must be an object.");
        if (facts.EnumerateObject().Any(LetterFacts.IsOwn))
            throw new FormatException("facts: an object called atlas is this program's own.");
        return [.. facts.EnumerateObject().Select(member => (member.Name, member.Value.GetRawText()))];
    }

    private static List<LetterAttempt> HistoryOf(JsonElement root)
    {
        if (!root.TryGetProperty("history", out var history))
            return [];
        if (history.ValueKind != JsonValueKind.Array || history.GetArrayLength() > MostAttempts)
            throw new FormatException($"history: must be a list of {MostAttempts} attempts at most.");
        var attempts = new List<LetterAttempt>(history.GetArrayLength());
        foreach (var attempt in history.EnumerateArray())
        {
            if (attempt.ValueKind != JsonValueKind.Object || NumberOf(attempt, "n", int.MaxValue) is not { } number || number <= (attempts.Count > 0 ? attempts[^1].Number : 0))
                throw new FormatException("history: every attempt must be an object with its number n, in order.");
            attempts.Add(new LetterAttempt(
                (int)number,
                TimeOf(attempt, "at") ?? throw new FormatException("history: every attempt must say when it was, by at."),
                (int)(NumberOf(attempt, "status", 999) ?? 0),
                NumberOf(attempt, "latency_ms", long.MaxValue) ?? 0,
                TextOf(attempt, "reason") ?? "",
                TextOf(attempt, "error") ?? ""));
        }

        return attempts;
    }

    private static string? TextOf(JsonElement root, string name)
    {
        if (!root.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
            return null;
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString() : throw new FormatException($"{name}: must be text.");
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair is no text that UTF-8 could have.
            throw new FormatException($"{name}: is no text.");
        }
    }

    private static long? NumberOf(JsonElement root, string name, long most)
    {
        if (!root.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
            return null;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number >= 0 && number <= most ? number : throw new FormatException($"{name}: must be a whole number from 0 to {most}.");
    }

    private static DateTimeOffset? TimeOf(JsonElement root, string name) => TextOf(root, name) is not { } text ? null
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time) ? DateTimeOffset.FromUnixTimeMilliseconds(time.ToUnixTimeMilliseconds())
        : throw new FormatException($"{name}: '{text}' is no time as 2026-01-31T10:00:00Z.");
}
