using System.Text.Json;
using Atlas.Pipeline.Graph;
using Atlas.Pipeline.Topology;

namespace Atlas.Pipeline.Tests.Topology;

public sealed class JsonSchemaTests
{
    private static readonly string[] Types = ["array", "boolean", "integer", "null", "number", "object", "string"];

    // A setting of normalize once had the type "map of maps", and editors threw the whole schema away.
    [Fact]
    public void Every_type_is_one_of_the_seven_that_JSON_Schema_knows()
    {
        using var schema = JsonDocument.Parse(JsonSchema.Write(StageCatalog.Kinds));
        var types = new HashSet<string>();

        AddTypes(schema.RootElement, types);

        Assert.Empty(types.Except(Types));
        Assert.Empty(Types.Except(types).Except(["null"]));
    }

    [Fact]
    public void Every_declared_setting_is_in_the_schema_with_its_limits()
    {
        using var schema = JsonDocument.Parse(JsonSchema.Write(TopologyTestBed.Kinds));

        var dedup = schema.RootElement.GetProperty("$defs").GetProperty("dedup");
        var setting = dedup.GetProperty("properties").GetProperty("expected_urls");
        Assert.Equal(1, setting.GetProperty("minimum").GetInt64());
        Assert.Equal(1000, setting.GetProperty("default").GetInt64());
        Assert.Equal("from", dedup.GetProperty("required")[0].GetString());
        Assert.Equal("outputs", schema.RootElement.GetProperty("$defs").GetProperty("route").GetProperty("required")[1].GetString());
    }
    /// <summary>The values of "type" wherever it is a keyword: beneath "properties" it is the name of a setting.</summary>
    private static void AddTypes(JsonElement schema, HashSet<string> types)
    {
        foreach (var keyword in schema.EnumerateObject())
        {
            switch (keyword.Name)
            {
                case "type" when keyword.Value.ValueKind == JsonValueKind.Array:
                    types.UnionWith(keyword.Value.EnumerateArray().Select(type => type.GetString()!));
                    break;
                case "type":
                    types.Add(keyword.Value.GetString()!);
                    break;
                case "properties" or "$defs":
                    foreach (var property in keyword.Value.EnumerateObject())
                        AddTypes(property.Value, types);
                    break;
                case "allOf":
                    foreach (var part in keyword.Value.EnumerateArray())
                        AddTypes(part, types);
                    break;
                default:
                    if (keyword.Value.ValueKind == JsonValueKind.Object)
                        AddTypes(keyword.Value, types);
                    break;
            }
        }
    }
}
