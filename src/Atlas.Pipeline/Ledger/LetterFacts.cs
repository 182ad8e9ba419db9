using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Atlas.Pipeline.Ledger;

/// <summary>What a letter brought from elsewhere that has no column here, as a JSON object: its own members, and under <c>atlas</c> what an export of another ledger said and this one would say otherwise.</summary>
internal sealed record LetterFacts
{
    public static LetterFacts None { get; } = new();

    private const string Own = "atlas";

    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The members of others, each as it was written.</summary>
    public IReadOnlyList<(string Name, string Json)> Members { get; init; } = [];

    /// <summary>The reason that it came with, as the row has it: refused again for another one, <see cref="Error"/> and <see cref="Reason"/> say nothing any more.</summary>
    public string? For { get; init; }

    public string? Error { get; init; }

    public int? Attempts { get; init; }

    /// <summary>Unix time in milliseconds.</summary>
    public long? FirstSeen { get; init; }

    /// <summary>How often its line had come elsewhere; what comes here is added.</summary>
    public long? Occurrences { get; init; }

    /// <summary>When its line had come last elsewhere, Unix time in milliseconds.</summary>
    public long? LastSeen { get; init; }

    public string? Version { get; init; }

    public string? Canonical { get; init; }

    /// <summary>What it is a letter for, where it is no reason that this program knows.</summary>
    public string? Reason { get; init; }

    /// <summary>Reads the column; what is no JSON object is kept as the member <c>text</c>.</summary>
    public static LetterFacts Parse(string json)
    {
        if (json.Length == 0)
            return None;
        try
        {
            using var document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
                return Read(document.RootElement);
        }
        catch (JsonException)
        {
            // It goes on as text.
        }

        var text = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(text, Plain))
            writer.WriteStringValue(json);
        return new LetterFacts { Members = [("text", Encoding.UTF8.GetString(text.WrittenSpan))] };
    }

    /// <summary>The column's value of a URL that was a letter and is none any more: what others said of it, and when it was seen first.</summary>
    /// <param name="letter">Of the letter.</param>
    /// <param name="refusedAt">When it was refused, Unix time in milliseconds.</param>
    public static string OfReplayed(LetterFacts letter, long refusedAt) => letter == None
        ? string.Create(CultureInfo.InvariantCulture, $"{{\"{Own}\":{{\"first_seen\":{refusedAt}}}}}")
        : new LetterFacts { Members = letter.Members, FirstSeen = letter.FirstSeen ?? refusedAt }.ToJson()!;

    /// <summary>Whether a member is not of others.</summary>
    public static bool IsOwn(JsonProperty member) => member.Name == Own && member.Value.ValueKind == JsonValueKind.Object;

    /// <summary>The column's value; null if there is nothing to keep.</summary>
    public string? ToJson()
    {
        if (Members.Count == 0 && this with { Members = None.Members } == None)
            return null;
        var text = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(text, Plain))
        {
            json.WriteStartObject();
            WriteMembers(json);
            WriteOwn(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(text.WrittenSpan);
    }

    /// <summary>The members of others, into an object that was begun.</summary>
    public void WriteMembers(Utf8JsonWriter json)
    {
        foreach (var (name, value) in Members)
        {
            json.WritePropertyName(name);
            json.WriteRawValue(value);
        }
    }

    /// <summary>What is of this program, as a member of an object that was begun; nothing where there is nothing.</summary>
    public void WriteOwn(Utf8JsonWriter json)
    {
        if (this with { Members = None.Members } == None)
            return;
        json.WriteStartObject(Own);
        if (For is not null)
            json.WriteString("for", For);
        if (Error is not null)
            json.WriteString("error", Error);
        if (Attempts is { } attempts)
            json.WriteNumber("attempts", attempts);
        if (FirstSeen is { } seen)
            json.WriteNumber("first_seen", seen);
        if (Occurrences is { } occurrences)
            json.WriteNumber("occurrences", occurrences);
        if (LastSeen is { } last)
            json.WriteNumber("last_seen", last);
        if (Version is not null)
            json.WriteString("version", Version);
        if (Canonical is not null)
            json.WriteString("canonical", Canonical);
        if (Reason is not null)
            json.WriteString("reason", Reason);
        json.WriteEndObject();
    }

    private static LetterFacts Read(JsonElement root)
    {
        var facts = None;
        var members = new List<(string, string)>();
        foreach (var member in root.EnumerateObject())
        {
            if (IsOwn(member))
                facts = ReadOwn(member.Value);
            else
                members.Add((member.Name, member.Value.GetRawText()));
        }

        return facts with { Members = members };
    }

    private static LetterFacts ReadOwn(JsonElement own) => new()
    {
        For = Text(own, "for"),
        Error = Text(own, "error"),
        Attempts = Number(own, "attempts") is { } attempts and >= 0 and <= int.MaxValue ? (int)attempts : null,
        FirstSeen = Number(own, "first_seen"),
        Occurrences = Number(own, "occurrences"),
        LastSeen = Number(own, "last_seen"),
        Version = Text(own, "version"),
        Canonical = Text(own, "canonical"),
        Reason = Text(own, "reason"),
    };

    private static long? Number(JsonElement own, string name) => own.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number : null;

    private static string? Text(JsonElement own, string name) => own.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
