using System.Text.Encodings.Web;
using System.Text.Json;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Host.Reporting;

/// <summary>What operators have done, as JSON lines.</summary>
internal static class ActText
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static byte[] Json(LetterAct act) => Line(json =>
    {
        json.WriteString("at", TimeText.Of(act.At));
        json.WriteString("who", act.Who);
        json.WriteString("act", act.What);
        json.WriteString("filter", act.Filter);
        json.WriteNumber("count", act.Count);
        json.WriteString("detail", act.Detail);
    });

    public static byte[] Json(Hold hold) => Line(json =>
    {
        json.WriteString(hold.Kind, hold.Value);
        json.WriteString("at", TimeText.Of(hold.At));
        json.WriteString("who", hold.Who);
        json.WriteString("note", hold.Note);
    });

    private static byte[] Line(Action<Utf8JsonWriter> write)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, Plain))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        bytes.WriteByte((byte)'\n');
        return bytes.ToArray();
    }
}
