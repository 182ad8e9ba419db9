using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Atlas.Pipeline.Host.Reporting;

/// <summary>One JSON object on a line of its own, its line break included.</summary>
internal static class JsonLine
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="write">Its members.</param>
    public static string Of(Action<Utf8JsonWriter> write) => Encoding.UTF8.GetString(BytesOf(write));

    /// <summary>In UTF-8.</summary>
    /// <inheritdoc cref="Of"/>
    public static ReadOnlySpan<byte> BytesOf(Action<Utf8JsonWriter> write)
    {
        var bytes = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(bytes, Plain))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        bytes.Write("\n"u8);
        return bytes.WrittenSpan;
    }
}
