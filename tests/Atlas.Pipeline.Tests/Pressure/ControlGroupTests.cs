using Atlas.Pipeline.Pressure;

namespace Atlas.Pipeline.Tests.Pressure;

public sealed class ControlGroupTests : IDisposable
{
    private const double Machine = 8e9;

    private readonly string _mount = Directory.CreateTempSubdirectory("atlas-cgroup-").FullName;

    public void Dispose() => Directory.Delete(_mount, recursive: true);

    [Fact]
    public void Version_2_is_read_without_the_files_that_can_be_dropped()
    {
        Write("app/memory.current", "900000000\n");
        Write("app/memory.max", "1000000000\n");
        Write("app/memory.stat", "anon 500\nfile 400\ninactive_file 200000000\nactive_file 100000000\nworkingset_refault_file 9\n");
        Write("app/cpu.max", "150000 100000\n");
        var group = new ControlGroup(_mount, "0::/app\n");

        Assert.Equal(60, group.MemoryPercent(Machine));
        Assert.Equal(1.5, group.Processors());
    }

    [Fact]
    public void The_nearest_limit_of_all_groups_above_counts()
    {
        Write("outer/memory.current", "950\n");
        Write("outer/memory.max", "1000\n");
        Write("outer/cpu.max", "50000 100000\n");
        Write("outer/inner/memory.current", "100\n");
        Write("outer/inner/memory.max", "max\n");
        Write("outer/inner/cpu.max", "max 100000\n");
        var group = new ControlGroup(_mount, "0::/outer/inner\n");

        Assert.Equal(95, group.MemoryPercent(Machine));
        Assert.Equal(0.5, group.Processors());
    }

    [Fact]
    public void Version_1_is_read_by_controller()
    {
        Write("memory/docker/abc/memory.usage_in_bytes", "800\n");
        Write("memory/docker/abc/memory.limit_in_bytes", "1000\n");
        Write("memory/docker/abc/memory.stat", "cache 1\ninactive_file 7\ntotal_inactive_file 100\ntotal_active_file 200\n");
        Write("memory/memory.usage_in_bytes", "5000\n");
        Write("memory/memory.limit_in_bytes", "9223372036854771712\n");
        Write("cpu/docker/abc/cpu.cfs_quota_us", "-1\n");
        Write("cpu/docker/cpu.cfs_quota_us", "200000\n");
        Write("cpu/docker/cpu.cfs_period_us", "100000\n");
        var group = new ControlGroup(_mount, "9:name=systemd:/\n4:memory:/docker/abc\n1:cpu,cpuacct:/docker/abc\n0::/\n");

        Assert.Equal(50, group.MemoryPercent(Machine));
        Assert.Equal(2, group.Processors());
    }

    [Fact]
    public void In_a_container_that_does_not_see_its_path_the_mount_is_its_group()
    {
        Write("memory.current", "30\n");
        Write("memory.max", "100\n");

        Assert.Equal(30, new ControlGroup(_mount, "0::/../../system.slice/x.scope\n").MemoryPercent(Machine));
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("0::/\n:::\n")]
    public void Without_control_groups_there_is_no_limit(string membership)
    {
        Write("memory.current", "not a number");
        Write("memory.max", "100");
        var group = new ControlGroup(_mount, membership);

        Assert.Null(group.MemoryPercent(Machine));
        Assert.Null(group.Processors());
    }

    [Fact]
    public void Fields_are_found_by_their_whole_name()
    {
        const string Info = "MemTotalX: 1 kB\nMemTotal:       16384 kB\nMemAvailable:    4096 kB\n";

        Assert.Equal(16384, ControlGroup.Field(Info, "MemTotal"));
        Assert.Null(ControlGroup.Field(Info, "Mem"));
    }

    [Fact]
    public void The_probe_knows_this_process()
    {
        var probe = new ResourceProbe(() => (200, 50));
        probe.Read();

        var reading = probe.Read();

        Assert.Equal(25, reading.Handles);
        Assert.NotNull(reading.Cpu);
        Assert.NotNull(reading.PoolDelay);
        if (OperatingSystem.IsLinux())
            Assert.InRange(reading.Memory!.Value, 0.001, 100);
    }

    private void Write(string file, string text)
    {
        var path = Path.Combine(_mount, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
