using System.Text.Json;

namespace Atlas.Pipeline;

/// <summary>Counts by name as a JSON object; what there is none of is left out.</summary>
internal static class CountsJson
{
    public static void Write(Utf8JsonWriter json, string name, IReadOnlyDictionary<string, long> counts)
    {
        json.WriteStartObject(name);
        foreach (var (key, count) in counts)
        {
            if (count > 0)
                json.WriteNumber(key, count);
        }

        json.WriteEndObject();
    }
}
