using Atlas.Pipeline.Pressure;
using Atlas.Pipeline.Topology;

namespace Atlas.Pipeline;

/// <summary>The settings of <c>pressure</c>: from how much use of what this machine gives the run holds back.</summary>
internal sealed record PressureOptions
{
    private static readonly int[][] Defaults = [[98, 0, 0], [85, 92, 97], [50, 90, 100], [80, 90, 97], [250, 1_000, 5_000]];

    /// <summary>Whether anything is watched.</summary>
    public bool Watch { get; init; } = true;

    /// <summary>By resource, from where on pressure is moderate, high and critical, in the resource's unit; 0 for a level that it never has, empty for none at all.</summary>
    public IReadOnlyList<IReadOnlyList<int>> Thresholds { get; init; } = Defaults;

    internal static PressureOptions Read(SettingsReader yaml) => new()
    {
        Watch = yaml.Boolean("watch", "Whether the machine is watched. false: there never is pressure, and only what hosts answer moves the limit of fetches.", true),
        Thresholds =
        [
            ReadThresholds(yaml, Resource.Cpu, "Percent of the processors that the process may use (its control group's quota) from which pressure is moderate, high, critical. 0: never that level; []: not watched. Busy processors alone are no trouble, so that only the first is set.", 100),
            ReadThresholds(yaml, Resource.Memory, "The same for memory, in percent of the control group's limit or of the machine, whichever is nearer to its end. Files that can be dropped do not count.", 100),
            ReadThresholds(yaml, Resource.Disk, "The same for disk_reserve_bytes in percent of what is free: 50 is twice the reserve, at 100 nothing more is written.", 100),
            ReadThresholds(yaml, Resource.Handles, "The same for open handles, in percent of the process's limit (ulimit -n).", 100),
            ReadThresholds(yaml, Resource.Pool, "The same for the milliseconds that work waits for a thread of the pool.", 600_000),
        ],
    };

    private static IReadOnlyList<int> ReadThresholds(SettingsReader yaml, Resource resource, string doc, int max)
    {
        var standard = Defaults[(int)resource];
        var given = yaml.Int32s(resource.Word(), doc, 0, max, standard);
        var used = given.Where(threshold => threshold > 0).ToList();
        if (given.Count is 0 or 3 && used.SequenceEqual(used.Order()))
            return given;
        yaml.Report(resource.Word(), "must be three numbers, for moderate, high and critical, none smaller than the one before; 0 leaves a level out, and [] all of them.");
        return standard;
    }
}
