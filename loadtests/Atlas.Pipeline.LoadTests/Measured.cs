using System.Diagnostics;
using Atlas.Pipeline.Graph;
using Atlas.Pipeline.Ledger;
using Atlas.Pipeline.Topology;

namespace Atlas.Pipeline.LoadTests;

/// <summary>One measured run of a pipeline inside this process.</summary>
/// <param name="Seconds">From opening the state to the end of the run.</param>
/// <param name="AllocatedBytes">Managed bytes allocated by the process meanwhile.</param>
/// <param name="Books">The books at the end.</param>
internal sealed record Measured(double Seconds, long AllocatedBytes, Books Books)
{
    public static async Task<Measured> RunAsync(string yaml, string state, Stream input)
    {
        List<Mistake> mistakes = [];
        var definition = PipelineReader.Read("bench.yaml", yaml, StageCatalog.Kinds, [], state, mistakes, [])
            ?? throw new InvalidOperationException(string.Join('\n', mistakes));
        var allocated = GC.GetTotalAllocatedBytes(precise: true);
        var clock = Stopwatch.StartNew();
        using var warnings = new Warnings();
        await using var run = await PipelineRun.OpenAsync(definition, new Seams { Logs = warnings }, input, Stream.Null);
        var outcome = await run.RunAsync();
        clock.Stop();
        if (outcome.Failure is { } failure)
            throw new InvalidOperationException("The run failed.", failure);
        return new Measured(clock.Elapsed.TotalSeconds, GC.GetTotalAllocatedBytes(precise: true) - allocated, outcome.Last.Books);
    }
}
