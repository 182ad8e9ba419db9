using System.Globalization;
using System.Text;

namespace Atlas.Pipeline.LoadTests.Fetching;

/// <summary>Medians of all rounds.</summary>
internal sealed record FetchTable(string Title, IReadOnlyList<string> Names, IReadOnlyList<FetchRun> Runs)
{
    public string ToText()
    {
        var text = new StringBuilder("| program | pages/s | of dotnet-batch | wall s (least-most) | CPU s per 1,000 pages | peak MiB | first page s | read to durable, p99 ms |\n|---|--:|--:|--:|--:|--:|--:|--:|\n");
        var bar = Names.Contains(Contestants.Batch) ? Median(Contestants.Batch, run => run.PagesPerSecond) : double.NaN;
        foreach (var name in Names)
        {
            var rate = Median(name, run => run.PagesPerSecond);
            var walls = Of(name).Select(run => run.Child.Elapsed.TotalSeconds).ToList();
            var p99 = Of(name).Any(run => run.DurableP99 is not null) ? Median(name, run => run.DurableP99 ?? 0).ToString("0", CultureInfo.InvariantCulture) : "";
            text.Append(CultureInfo.InvariantCulture,
                $"| {name} | {rate:0} | {(double.IsNaN(bar) ? "" : (rate / bar).ToString("0.00", CultureInfo.InvariantCulture))} | {Median(name, run => run.Child.Elapsed.TotalSeconds):0.00} ({walls.Min():0.00}-{walls.Max():0.00}) ")
                .Append(CultureInfo.InvariantCulture, $"| {Median(name, run => run.CpuSecondsPerThousand):0.000} | {Median(name, run => run.Child.PeakMiB):0} | {Median(name, run => run.FirstPageSeconds):0.00} | {p99} |\n");
        }

        return text.ToString();
    }

    private IEnumerable<FetchRun> Of(string name) => Runs.Where(run => run.Name == name);

    private double Median(string name, Func<FetchRun, double> figure)
    {
        var sorted = Of(name).Select(figure).Order().ToList();
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }
}
