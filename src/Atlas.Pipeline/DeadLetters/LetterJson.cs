using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using Atlas.Pipeline.Ledger;
using Atlas.Urls;

namespace Atlas.Pipeline.DeadLetters;

/// <summary>Dead letters as JSON lines, an object a letter. An exact one has the bytes as they are, passwords too, and can be imported again; one for the eye leaves user names and passwords out and has what only means something here.</summary>
/// <param name="output">Stays its owner's.</param>
/// <param name="canonical">Makes canonical forms.</param>
/// <param name="isExact">Whether it is meant to be read back.</param>
internal sealed class LetterJson(Stream output, CanonicalUrls canonical, bool isExact) : IDisposable
{
    private readonly ArrayBufferWriter<byte> _line = new(1_024);
    private readonly Utf8JsonWriter _json = new(Stream.Null, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <summary>The canonical form of a letter, as far as it is known.</summary>
    public static string? CanonicalOf(Letter letter, CanonicalUrls canonical) => canonical.Of(letter.Line, letter.ContentId) ?? letter.Facts.Canonical;

    public void Write(Letter letter)
    {
        _line.Clear();
        _json.Reset(_line);
        _json.WriteStartObject();
        _json.WriteNumber("seq", letter.Sequence);
        WriteUrl(letter);
        if (CanonicalOf(letter, canonical) is { } form)
            _json.WriteString("canonical_url", isExact ? form : Redaction.Of(form));
        _json.WriteString("content_id", ContentId.ToHex(letter.ContentId));
        _json.WriteString("stage", LetterStage.Of(letter.Reason));
        _json.WriteString("class", LetterClasses.NameOf(letter.Reason.Class));
        _json.WriteString("reason", letter.ReasonName);
        _json.WriteString("error", letter.Error);
        _json.WriteNumber("attempts", letter.Attempts);
        _json.WriteString("quarantined_at", TimeText.Of(letter.At));
        _json.WriteString("first_seen", TimeText.Of(letter.FirstSeen));
        _json.WriteString("last_seen", TimeText.Of(letter.LastSeen));
        _json.WriteNumber("occurrences", letter.Occurrences);
        _json.WriteString("source", letter.Source);
        _json.WriteNumber("source_offset", letter.SourceOffset);
        if (letter.Depth is { } depth)
            _json.WriteNumber("depth", depth);
        _json.WriteNumber("ruleset_version", letter.Ruleset);
        _json.WriteString("program_version", letter.Version);
        if (letter.Notes.Length > 0)
            _json.WriteString("notes", letter.Notes);
        if (letter.Facts.Members.Count > 0)
        {
            _json.WriteStartObject("facts");
            letter.Facts.WriteMembers(_json);
            _json.WriteEndObject();
        }

        WriteHistory(letter);
        if (!isExact)
            WriteWhatIsOfHere(letter);
        _json.WriteEndObject();
        _json.Flush();
        _line.Write("\n"u8);
        output.Write(_line.WrittenSpan);
    }

    public void Dispose() => _json.Dispose();

    /// <summary>As text where it is text, so that people can read it; else in base64.</summary>
    private void WriteUrl(Letter letter)
    {
        if (!isExact)
            _json.WriteString("url", Redaction.Of(Encoding.UTF8.GetString(letter.Line)));
        else if (Utf8.IsValid(letter.Line))
            _json.WriteString("url", letter.Line);
        else
            _json.WriteBase64String("url_base64", letter.Line);
    }

    private void WriteHistory(Letter letter)
    {
        if (letter.History.Count == 0)
            return;
        _json.WriteStartArray("history");
        foreach (var attempt in letter.History)
        {
            _json.WriteStartObject();
            _json.WriteNumber("n", attempt.Number);
            _json.WriteString("at", TimeText.Of(attempt.At));
            if (attempt.Status > 0)
                _json.WriteNumber("status", attempt.Status);
            _json.WriteNumber("latency_ms", attempt.LatencyMs);
            _json.WriteString("reason", attempt.Reason);
            if (attempt.Error.Length > 0)
                _json.WriteString("error", attempt.Error);
            _json.WriteEndObject();
        }

        _json.WriteEndArray();
    }

    private void WriteWhatIsOfHere(Letter letter)
    {
        _json.WriteBoolean("admitted", letter.WasAdmitted);
        if (letter.Replays.Count > 0)
        {
            _json.WriteStartArray("replayed");
            foreach (var (filter, at) in letter.Replays)
            {
                _json.WriteStartObject();
                _json.WriteString("filter", filter);
                _json.WriteString("at", TimeText.Of(at));
                _json.WriteEndObject();
            }

            _json.WriteEndArray();
        }

        _json.WriteString("page", LetterPlaceText.Of(LetterBook.PlaceOf(letter)));
    }
}
