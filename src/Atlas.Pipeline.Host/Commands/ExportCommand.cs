using System.CommandLine;
using Atlas.Pipeline.Check;
using Atlas.Pipeline.Export;
using Atlas.Pipeline.Host.Reporting;
using Atlas.Pipeline.Ledger;
using Atlas.Pipeline.Persist;
using Atlas.Urls;

namespace Atlas.Pipeline.Host.Commands;

/// <summary><c>atlas export</c>: the documents of a state directory in forms that others read.</summary>
internal static class ExportCommand
{
    /// <summary>Damaged documents that are named; the rest is counted.</summary>
    private const int MostNamed = 100;

    public static Command Create()
    {
        var file = new Argument<string?>("PIPELINE.yaml") { Description = "The pipeline file, unless --state is given.", Arity = ArgumentArity.ZeroOrOne };
        var state = PipelineArguments.State();
        var set = PipelineArguments.Set();
        var options = new ExportOptions();
        var quiet = new Option<bool>("--quiet") { Description = "No progress and no summary." };
        var command = new Command("export", """
            Writes the documents that were fetched, in the order in which they were recorded, to stdout or --out. Also while the pipeline runs: what was recorded when the export began. Changes nothing in the state directory.
            jsonl has a JSON object a line and document, csv a row without the body, warc an archive (WARC 1.1) with headers and bodies.
            A document whose body or headers are gone or damaged is named on stderr and left out; the exit code is 4 then. User names and passwords are not shown.
            """) { file, state, set, quiet };
        options.AddTo(command);
        command.SetAction(async (line, _) =>
        {
            if (options.Read(line) is not { } wanted || StateToRead.WithLedger(line.GetValue(file), line.GetValue(set)!, line.GetValue(state)) is not { } read)
                return ExitCode.Usage;
            wanted = wanted with { Prefix = wanted.Prefix ?? read.Pipeline?.Name ?? "atlas" };
            if (wanted.InTheWay() is { } inTheWay)
            {
                Console.Error.WriteLine($"--out: {inTheWay}");
                return ExitCode.Usage;
            }

            using var narration = new Narration(TimeProvider.System, line.GetValue(quiet));
            try
            {
                return await read.ReadAsync(ledger => RunAsync(ledger, read, wanted, narration));
            }
            catch (Exception error) when (Narration.CanExplain(error))
            {
                return Narration.Explain("The export", error);
            }
        });
        return command;
    }

    private static async Task<int> RunAsync(string ledger, StateToRead read, WantedExport wanted, Narration narration)
    {
        using var documents = new DocumentScan(ledger, wanted.WithVersions);
        using var segments = new SegmentReader(StateDirectory.BodiesDirectoryIn(read.Directory), new Disk());
        using var stdout = wanted.Out is null ? StandardOutput.Open() : Stream.Null;
        using var target = wanted.TargetOver(stdout);
        var format = FormatOf(wanted, target, documents, segments, read);
        var export = new DocumentExport(documents, wanted.Filter, format);
        var steps = new StepProgress(TimeProvider.System);
        var exporting = Task.Run(() => export.Run(steps, (document, what) => Name(export.Damaged, document, what)));
        await narration.WatchAsync(steps, exporting);
        await exporting;
        (format as IDisposable)?.Dispose();
        target.Complete();
        wanted.DeleteOutdated(target);
        if (export.Damaged > MostNamed)
            Console.Error.WriteLine($"... and {Figures.Count(export.Damaged - MostNamed)} more.");
        if (export.Damaged > 0)
            Console.Error.WriteLine($"{Figures.Count(export.Damaged)} documents are damaged and were left out. Have them fetched again with: atlas fsck --state {read.Directory} --repair");
        narration.Say($"{Figures.Count(export.Written)} documents exported.");
        return export.Damaged > 0 ? ExitCode.State : ExitCode.Done;
    }

    private static IDocumentFormat FormatOf(WantedExport wanted, IExportTarget target, DocumentScan documents, SegmentReader segments, StateToRead read)
    {
        var rules = read.Pipeline is { } pipeline ? KeyRules.Of(pipeline) : KeyRules.Parse(documents.KeyRules) ?? KeyRules.Default;
        var canonical = new CanonicalUrls(rules.Normalize.Rules);
        return wanted.Format switch
        {
            "csv" => new CsvRows(target.Begin(), canonical, isForTerminal: wanted.Out is null && !Console.IsOutputRedirected),
            "jsonl" => new JsonLines(target.Begin(), wanted.WithBodies ? new StoredBody(segments) : null, canonical),
            _ => new WarcRecords(new WarcFiles(target, wanted.Compresses, wanted.MaxFileBytes), segments, new StoredBody(segments), documents.LedgerId, $"Atlas.Pipeline/{typeof(ExportCommand).Assembly.GetName().Version?.ToString(3)}"),
        };
    }

    private static void Name(long count, StoredDocument document, string what)
    {
        if (count <= MostNamed)
            Console.Error.WriteLine($"damaged: {Redaction.Of(document.Url)} ({document.ContentId}): {what}");
    }
}
