using System.Text.Json;
using Atlas.Pipeline.Topology;

namespace Atlas.Pipeline.Tests.Topology;

public sealed class JsonSchemaTests
{
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
}
