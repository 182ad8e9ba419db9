using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Migrate;

/// <summary>What legacy rows say beside their URL, as it stands there: metadata that is no JSON, times that are none. One JSON object for all rows of a resource.</summary>
/// <remarks>Rows of one resource mostly say the same: a column that a row does not have here is as in the last row before it that has it, and null where there is none any more.</remarks>
internal sealed class LegacyFacts(string migration) : IDisposable
{
    /// <summary>Rows that are told of one resource; the copies of the databases have the rest.</summary>
    private const int MostRows = 100;

    /// <summary>Bytes that are told of one value; the copies of the databases have the rest.</summary>
    private const int MostBytes = 1 << 20;

    private readonly ArrayBufferWriter<byte> _bytes = new(4_096);
    private readonly Dictionary<IReadOnlyList<string>, JsonEncodedText[]> _names = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<string, (int Start, int Length)> _said = new(StringComparer.Ordinal);
    private readonly Utf8JsonWriter _json = new(Stream.Null, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true });
    private byte[] _values = new byte[4_096];
    private int _valuesEnd;

    /// <summary>Valid until the next.</summary>
    /// <param name="death">What a letter says of its last try, where nobody knows when that was; none else.</param>
    public ReadOnlySpan<byte> Of(LegacyCensus census, int group, LegacyRows rows, LetterFacts death)
    {
        _bytes.ResetWrittenCount();
        _json.Reset(_bytes);
        _said.Clear();
        _valuesEnd = 0;
        _json.WriteStartObject();
        _json.WriteString("migration", migration);
        _json.WriteStartArray("rows");
        var all = census.RowsOf(group);
        foreach (var number in all[..Math.Min(all.Length, MostRows)])
            Write(census.Rows[number], rows);
        _json.WriteEndArray();
        if (all.Length > MostRows)
            _json.WriteNumber("more_rows", all.Length - MostRows);
        death.WriteOwn(_json);
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
        List<string>? cut = null;
        _json.WriteStartObject();
        _json.WriteString("database", rows.NameOf(row.Input));
        _json.WriteString("table", LegacyTables.NameOf(row.Table));
        _json.WriteNumber("row", row.Row);
        for (var column = 0; column < columns.Count; column++)
        {
            if (columns[column] == LegacyTables.BodyColumn)
                continue;
            var value = read.Bytes(LegacyField.Count + column);
            if (WasSaid(columns[column], value))
                continue;
            if (value.IsEmpty)
                _json.WriteNull(names[column]);
            else if (value.Length <= MostBytes && Utf8.IsValid(value))
                _json.WriteString(names[column], value);
            else
                _json.WriteString(names[column], Encoding.UTF8.GetString(value[..Math.Min(value.Length, MostBytes)]));
            if (value.Length > MostBytes)
                (cut ??= []).Add(columns[column]);
        }

        if (cut is not null)
        {
            _json.WriteStartArray("cut");
            foreach (var column in cut)
                _json.WriteStringValue(column);
            _json.WriteEndArray();
        }

        _json.WriteEndObject();
    }

    /// <summary>Whether the rows before have said the same of a column; what they have not is remembered.</summary>
    private bool WasSaid(string column, ReadOnlySpan<byte> value)
    {
        var said = _said.GetValueOrDefault(column);
        if (value.SequenceEqual(_values.AsSpan(said.Start, said.Length)))
            return true;
        if (_valuesEnd + value.Length > _values.Length)
            Array.Resize(ref _values, Math.Max(2 * _values.Length, _valuesEnd + value.Length));
        value.CopyTo(_values.AsSpan(_valuesEnd));
        _said[column] = (_valuesEnd, value.Length);
        _valuesEnd += value.Length;
        return false;
    }

    private JsonEncodedText[] NamesOf(IReadOnlyList<string> columns)
    {
        if (!_names.TryGetValue(columns, out var names))
            _names[columns] = names = [.. columns.Select(column => JsonEncodedText.Encode(column))];
        return names;
    }
}
