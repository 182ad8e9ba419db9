using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

namespace Atlas.Pipeline.Migrate;

/// <summary>What legacy rows say beside their URL, as it stands there: metadata that is no JSON, times that are none. One JSON object for all rows of a resource.</summary>
internal sealed class LegacyFacts(string migration) : IDisposable
{
    private readonly ArrayBufferWriter<byte> _bytes = new(4_096);
    private readonly Dictionary<IReadOnlyList<string>, JsonEncodedText[]> _names = new(ReferenceEqualityComparer.Instance);
    private readonly Utf8JsonWriter _json = new(Stream.Null, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true });

    /// <summary>Valid until the next.</summary>
    public ReadOnlySpan<byte> Of(LegacyCensus census, int group, LegacyRows rows)
    {
        _bytes.ResetWrittenCount();
        _json.Reset(_bytes);
        _json.WriteStartObject();
        _json.WriteString("migration", migration);
        _json.WriteStartArray("rows");
        foreach (var number in census.RowsOf(group))
            Write(census.Rows[number], rows);
        _json.WriteEndArray();
        _json.WriteEndObject();
        _json.Flush();
        return _bytes.WrittenSpan;
    }

    public void Dispose() => _json.Dispose();

    private void Write(in LegacyRow row, LegacyRows rows)
    {
        var read = rows.Read(row);
        var columns = rows.ColumnsOf(row);
        var names = NamesOf(columns);
        _json.WriteStartObject();
        _json.WriteString("database", rows.NameOf(row.Input));
        _json.WriteString("table", LegacyTables.NameOf(row.Table));
        _json.WriteNumber("row", row.Row);
        for (var column = 0; column < columns.Count; column++)
        {
            if (columns[column] == LegacyTables.BodyColumn)
                continue;
            var value = read.Bytes(LegacyField.Count + column);
            if (value.IsEmpty)
                continue;
            if (Utf8.IsValid(value))
                _json.WriteString(names[column], value);
            else
                _json.WriteString(names[column], Encoding.UTF8.GetString(value));
        }

        _json.WriteEndObject();
    }

    private JsonEncodedText[] NamesOf(IReadOnlyList<string> columns)
    {
        if (!_names.TryGetValue(columns, out var names))
            _names[columns] = names = [.. columns.Select(column => JsonEncodedText.Encode(column))];
        return names;
    }
}
