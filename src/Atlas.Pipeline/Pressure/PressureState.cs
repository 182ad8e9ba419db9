using System.Globalization;

namespace Atlas.Pipeline.Pressure;

/// <summary>The pressure as it stands, and as it was in this run.</summary>
/// <param name="Level">The level now.</param>
/// <param name="Worst">The highest there has been.</param>
/// <param name="ByResource">The level of each resource now.</param>
/// <param name="Last">The last reading.</param>
/// <param name="Spent">What was spent in each level.</param>
internal sealed record PressureState(PressureLevel Level, PressureLevel Worst, IReadOnlyList<PressureLevel> ByResource, ResourceReading Last, IReadOnlyList<TimeSpan> Spent)
{
    /// <summary>What is at the level that decides, as <c>memory 93 %</c>; empty without pressure.</summary>
    public string Cause => Level == PressureLevel.None ? "" : string.Join(", ", Enumerable.Range(0, ByResource.Count).Where(i => ByResource[i] == Level).Select(i => Shown((Resource)i)));

    private string Shown(Resource resource)
    {
        var used = (Last[resource] ?? 0).ToString("0", CultureInfo.InvariantCulture);
        return resource switch
        {
            Resource.Pool => $"work waits {used} ms for a thread",
            Resource.Disk => $"the disk's reserve is {used} % of what is free",
            _ => $"{resource.Word()} {used} %",
        };
    }
}
