using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using Atlas.Urls;

namespace Atlas.Pipeline.Write;

/// <summary>Writes a row as one JSON object: url, canonical, content_id, strategy, and on a row that does not go on error and, where more is known, detail.</summary>
internal sealed class JsonRowWriter : IDisposable
{
    // The lines are not put into HTML, so that & and non-ASCII letters can stay as they are.
    private readonly Utf8JsonWriter _json = new(Stream.Null, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    public void Write(IBufferWriter<byte> into, UrlBatch batch, ref UrlRow row)
    {
        Span<byte> id = stackalloc byte[32];
        batch.IdOf(ref row).TryFormat(id, out _, "x32", CultureInfo.InvariantCulture);

        _json.Reset(into);
        _json.WriteStartObject();
        WriteText("url"u8, batch.TextOf(row));
        if (row.CanonicalLength > 0)
            WriteText("canonical"u8, batch.CanonicalOf(row));
        _json.WriteString("content_id"u8, id);
        _json.WriteString("strategy"u8, ProcessingStrategies.NameOf(row.Strategy));
        if (row.Fate != Fate.Forward)
            _json.WriteString("error"u8, row.Reason.Name);
        if (row.Flaw != CanonicalizationError.None)
            _json.WriteString("detail"u8, CanonicalizationErrorNames.Of(row.Flaw));
        _json.WriteEndObject();
        _json.Flush();
    }

    public void Dispose() => _json.Dispose();

    private void WriteText(ReadOnlySpan<byte> name, ReadOnlySpan<byte> text)
    {
        // JSON is Unicode: bytes that are not become replacement characters. Only refused lines can hold such.
        if (Utf8.IsValid(text))
            _json.WriteString(name, text);
        else
            _json.WriteString(name, Encoding.UTF8.GetString(text));
    }
}
