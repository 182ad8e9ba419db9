using System.Globalization;

namespace Atlas.Pipeline.Pressure;

/// <summary>What the control groups of this process allow it, versions 1 and 2 (Linux: Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst).</summary>
/// <remarks>A limit may stand at any group above the process's own, so that all are read. In a container the path may be the host's and not be there: then the mount itself is the container's group.</remarks>
internal sealed class ControlGroup
{
    private readonly List<string> _unified;
    private readonly List<string> _memory;
    private readonly List<string> _cpu;

    /// <param name="mount">Where control groups are mounted, as <c>/sys/fs/cgroup</c>.</param>
    /// <param name="membership">What <c>/proc/self/cgroup</c> says; empty when there is none.</param>
    public ControlGroup(string mount, string membership)
    {
        string? unified = null, memory = null, cpu = null;
        foreach (var line in membership.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Split(':', 3) is not [_, var controllers, var path])
                continue;
            if (controllers.Length == 0)
                unified = path;
            if (controllers.Split(',').Contains("memory"))
                memory = path;
            if (controllers.Split(',').Contains("cpu"))
                cpu = path;
        }

        _unified = GroupsOf(mount, unified);
        _memory = memory is null ? [] : GroupsOf(Path.Combine(mount, "memory"), memory);
        _cpu = cpu is null ? [] : GroupsOf(Path.Combine(mount, "cpu"), cpu);
    }

    /// <summary>Percent of the nearest memory limit that is used, files that can be dropped not counted; null without a limit.</summary>
    /// <param name="machine">Bytes of memory of the machine; a limit that is not below it is none.</param>
    public double? MemoryPercent(double machine)
    {
        double? worst = null;
        foreach (var group in _unified)
            worst = Higher(worst, Percent(group, "memory.current", "memory.max", "active_file", "inactive_file", machine));
        foreach (var group in _memory)
            worst = Higher(worst, Percent(group, "memory.usage_in_bytes", "memory.limit_in_bytes", "total_active_file", "total_inactive_file", machine));
        return worst;
    }

    /// <summary>Processors' worth of time that the groups allow; null for as much as there is.</summary>
    public double? Processors()
    {
        double? least = null;
        foreach (var group in _unified)
        {
            if (ReadText(group, "cpu.max")?.Split(' ') is [var quota, var period] && Number(quota) is { } time && Number(period) is > 0 and var length)
                least = Math.Min(least ?? double.MaxValue, time / length);
        }

        foreach (var group in _cpu)
        {
            if (Number(ReadText(group, "cpu.cfs_quota_us")) is > 0 and var time && Number(ReadText(group, "cpu.cfs_period_us")) is > 0 and var length)
                least = Math.Min(least ?? double.MaxValue, time / length);
        }

        return least;
    }

    /// <summary>The number behind a word at the beginning of a line, as in <c>memory.stat</c> and <c>/proc/meminfo</c>; null when it is not there.</summary>
    public static double? Field(string text, string word)
    {
        foreach (var range in text.AsSpan().Split('\n'))
        {
            var line = text.AsSpan(range);
            if (!line.StartsWith(word, StringComparison.Ordinal) || line.Length <= word.Length || line[word.Length] is not (' ' or ':'))
                continue;
            var value = line[(word.Length + 1)..].Trim();
            var end = value.IndexOf(' ');
            return double.TryParse(end < 0 ? value : value[..end], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
        }

        return null;
    }

    private static double? Percent(string group, string usedFile, string limitFile, string activeFiles, string inactiveFiles, double machine)
    {
        if (Number(ReadText(group, limitFile)) is not (> 0 and var limit) || limit >= machine || Number(ReadText(group, usedFile)) is not { } used)
            return null;
        var stat = ReadText(group, "memory.stat") ?? "";
        var files = (Field(stat, activeFiles) ?? 0) + (Field(stat, inactiveFiles) ?? 0);
        return 100 * Math.Max(0, used - files) / limit;
    }

    /// <summary>The group and all above it that are there, at least the mount.</summary>
    private static List<string> GroupsOf(string mount, string? path)
    {
        var groups = new List<string> { mount };
        var parts = (path ?? "").Split('/', StringSplitOptions.RemoveEmptyEntries);
        foreach (var part in parts)
        {
            var below = Path.Combine(groups[^1], part);
            if (!Directory.Exists(below))
                break;
            groups.Add(below);
        }

        return groups;
    }

    private static double? Higher(double? one, double? other) => one is null || other > one ? other : one;

    private static double? Number(string? text) => double.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static string? ReadText(string group, string file)
    {
        var path = Path.Combine(group, file);
        try
        {
            return File.Exists(path) ? File.ReadAllText(path).Trim() : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
