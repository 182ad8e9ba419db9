using System.Diagnostics;

namespace Atlas.Pipeline.Pressure;

/// <summary>Reads what this process uses of its machine, from Linux's /proc and control groups. Elsewhere only the processors, and the pool's delay, are known. One reader at a time.</summary>
/// <param name="handles">How many handles this process may have, and has; null if nobody knows.</param>
internal sealed class ResourceProbe(Func<(long Limit, long Used)?> handles)
{
    private readonly PoolDelay _pool = new();
    private ControlGroup? _group;
    private double _processors;
    private long _readAt;
    private TimeSpan _busy;

    /// <summary>What is used now, and of the processors since the last call (the first one knows nothing about them).</summary>
    public ResourceReading Read()
    {
        if (_group is null)
        {
            _group = new ControlGroup("/sys/fs/cgroup", TextOf("/proc/self/cgroup"));
            _processors = Math.Min(Environment.ProcessorCount, _group.Processors() ?? double.MaxValue);
        }

        return new ResourceReading(Cpu(), Memory(_group), Disk: null, handles() is { Limit: > 0 } open ? 100.0 * open.Used / open.Limit : null, _pool.Read());
    }

    private double? Cpu()
    {
        if (OperatingSystem.IsIOS() || OperatingSystem.IsTvOS())
            return null;
        var (busy, now) = (Environment.CpuUsage.TotalTime, Stopwatch.GetTimestamp());
        var passed = Stopwatch.GetElapsedTime(_readAt, now);
        double? percent = _readAt == 0 || passed <= TimeSpan.Zero ? null : 100 * (busy - _busy) / passed / _processors;
        (_busy, _readAt) = (busy, now);
        return percent;
    }

    private static double? Memory(ControlGroup group)
    {
        const int Kibibyte = 1024;
        var machine = TextOf("/proc/meminfo");
        if (ControlGroup.Field(machine, "MemTotal") is not (> 0 and var total))
            return group.MemoryPercent(double.MaxValue);
        double? used = ControlGroup.Field(machine, "MemAvailable") is { } available ? 100 * (total - available) / total : null;
        return group.MemoryPercent(total * Kibibyte) is { } limited && !(used > limited) ? limited : used;
    }

    private static string TextOf(string file)
    {
        try
        {
            return File.Exists(file) ? File.ReadAllText(file) : "";
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
