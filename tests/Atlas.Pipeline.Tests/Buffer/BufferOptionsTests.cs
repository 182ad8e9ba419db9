using Atlas.Pipeline.Buffer;
using Atlas.Pipeline.Topology;

namespace Atlas.Pipeline.Tests.Buffer;

public sealed class BufferOptionsTests
{
    [Fact]
    public void The_defaults_in_the_file_are_those_in_the_code() =>
        Assert.Equal(new BufferOptions(), BufferOptions.Read(SettingsReader.ForDocs()));

    [Fact]
    public void Every_setting_is_read_once()
    {
        var yaml = SettingsReader.ForDocs();

        BufferOptions.Read(yaml);

        Assert.Equal(["weights", "capacity", "per_host_capacity", "max_attempts", "backoff_base_ms", "backoff_cap_ms", "aging_ms", "end_wait_ms"], yaml.Declared.Select(setting => setting.Name));
    }
}
