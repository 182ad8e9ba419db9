using System.Globalization;

namespace Atlas.Pipeline.LoadTests.Fetching;

/// <summary>One run of one of them.</summary>
/// <param name="Name">Whose.</param>
/// <param name="Child">What it took.</param>
/// <param name="Counts">What the site saw.</param>
/// <param name="DurableP99">Milliseconds from a body's last byte until page and outcome were synced, of a hundred pages the second slowest; null for who does not tell.</param>
internal sealed record FetchRun(string Name, ChildRun Child, SiteCounts Counts, double? DurableP99)
{
    public double PagesPerSecond => Counts.Distinct / Child.Elapsed.TotalSeconds;

    public double CpuSecondsPerThousand => 1000 * Child.Cpu.TotalSeconds / Counts.Distinct;

    public double FirstPageSeconds => (Counts.FirstAt - Child.StartedAt).TotalSeconds;

    public string Line => string.Create(CultureInfo.InvariantCulture,
        $"{Name,-14} {PagesPerSecond,7:0} pages/s {Child.Elapsed.TotalSeconds,6:0.00} s, CPU {CpuSecondsPerThousand:0.000} s per 1,000, {Child.PeakMiB,5:0} MiB, first page {FirstPageSeconds:0.00} s{(DurableP99 is { } p99 ? $", durable p99 {p99:0} ms" : "")}");
}
