using System.CommandLine;
using System.Globalization;
using Atlas.Pipeline.Host.Reporting;
using Atlas.Pipeline.Ledger;
using Atlas.Pipeline.Persist;

namespace Atlas.Pipeline.Host.Commands;

/// <summary><c>atlas pack</c>: compresses all bodies of a state directory that no run uses.</summary>
internal static class PackCommand
{
    public static Command Create()
    {
        var file = new Argument<string?>("PIPELINE.yaml") { Description = "The pipeline file, unless --state is given.", Arity = ArgumentArity.ZeroOrOne };
        var set = PipelineArguments.Set();
        var state = PipelineArguments.State();
        var quiet = new Option<bool>("--quiet") { Description = "No progress and no summary." };
        var command = new Command("pack", """
            Compresses all stored bodies, those of the last segment included, which a run leaves as they are; the next run goes on in a new one. No run may use the state directory meanwhile.
            It can be ended at any moment: what is compressed stays so, and the rest stays as it was.
            """) { file, set, state, quiet };
        command.SetAction(async (line, _) =>
            StateToRead.WithLedger(line.GetValue(file), line.GetValue(set)!, line.GetValue(state)) is { } found
                ? await RunAsync(found.Directory, line.GetValue(quiet))
                : ExitCode.Usage);
        return command;
    }

    private static async Task<int> RunAsync(string directory, bool quiet)
    {
        using var narration = new Narration(TimeProvider.System, quiet);
        var (seams, steps) = (new Seams { Logs = narration.Logs }, new StepProgress(TimeProvider.System));
        try
        {
            await using var ledger = SqliteLedger.Open(directory, seams);
            var packing = Task.Run(() => new WholePacking(StateDirectory.BodiesDirectoryIn(directory), ledger, seams.Disk).Run(steps));
            await narration.WatchAsync(steps, packing);
            var (segments, before, after) = await packing;
            narration.Say(segments == 0 ? "There is nothing to compress." : string.Create(CultureInfo.InvariantCulture, $"{segments} segments of bodies were compressed: {Mebibytes(before)} MiB became {Mebibytes(after)} MiB."));
            return ExitCode.Done;
        }
        catch (Exception error) when (Narration.CanExplain(error))
        {
            return Narration.Explain("The packing", error);
        }
    }

    private static string Mebibytes(long bytes) => (bytes / (1024.0 * 1024.0)).ToString("0.0", CultureInfo.InvariantCulture);
}
