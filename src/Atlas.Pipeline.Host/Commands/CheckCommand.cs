using System.CommandLine;
using System.Text;
using Atlas.Pipeline.Check;
using Atlas.Pipeline.Host.Reporting;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Host.Commands;

/// <summary><c>atlas check</c>: whether URLs are known, and what became of them.</summary>
internal static class CheckCommand
{
    /// <summary>Lines that are asked for in one pass over the ledger.</summary>
    private const int LinesPerPass = 250_000;

    public static Command Create()
    {
        var urls = new Argument<string[]>("URL") { Description = "The URLs, or - for lines on stdin; the pipeline's YAML may come first.", Arity = ArgumentArity.OneOrMore };
        var state = PipelineArguments.State();
        var set = PipelineArguments.Set();
        var json = new Option<bool>("--json") { Description = "A JSON object a line." };
        var quiet = new Option<bool>("--quiet") { Description = "No progress and no notes." };
        var command = new Command("check", """
            Says of each URL whether it is known, its content id and canonical form, its state, when and where it was seen first, and as which spelling. Takes --state DIR or the pipeline's YAML as the first argument, also while the pipeline runs; changes nothing.
            Keys are made by the YAML's normalize and classify settings; with --state alone by those of the last run there. User names and passwords are not shown.
            What is done is found at once. For the rest the queue's rows are read, a million and more a second, once for all URLs (for every 250,000 lines of stdin): many at once cost as much as one.
            """) { urls, state, set, json, quiet };
        command.SetAction(line =>
        {
            var arguments = line.GetValue(urls)!;
            var file = StateToRead.IsPipelineFile(arguments[0]) ? arguments[0] : null;
            var asked = file is null ? arguments : arguments[1..];
            if (asked.Length == 0)
            {
                Console.Error.WriteLine("Which URL? Give one or more, or - for lines on stdin.");
                return ExitCode.Usage;
            }

            if (asked.Contains("-") && asked.Length > 1)
            {
                Console.Error.WriteLine("Give URLs or -, not both.");
                return ExitCode.Usage;
            }

            if (StateToRead.WithLedger(file, line.GetValue(set)!, line.GetValue(state)) is not { } read)
                return ExitCode.Usage;
            return read.Read(ledger => Run(asked, ledger, read, line.GetValue(json), line.GetValue(quiet)));
        });
        return command;
    }

    private static int Run(string[] asked, LedgerLookup ledger, StateToRead read, bool writesJson, bool quiet)
    {
        var rules = RulesOf(ledger, read, quiet);
        using var stdout = StandardOutput.Open();
        var output = new BufferedStream(stdout, 64 * 1024);
        using var lines = new LinesAsked(rules);
        if (asked is ["-"])
        {
            using var input = StandardInput.Open();
            var block = new byte[256 * 1024];
            int length;
            while ((length = input.Read(block, 0, block.Length)) > 0)
            {
                lines.Append(block.AsSpan(0, length));
                if (lines.Count >= LinesPerPass)
                    Answer(lines.Give(), ledger, output, writesJson, quiet);
            }
        }
        else
        {
            foreach (var url in asked)
                lines.Append(Encoding.UTF8.GetBytes(url + "\n"));
        }

        lines.End();
        Answer(lines.Give(), ledger, output, writesJson, quiet);
        return ExitCode.Done;
    }

    private static KeyRules RulesOf(LedgerLookup ledger, StateToRead read, bool quiet)
    {
        if (read.Pipeline is { } pipeline)
        {
            if (!quiet && KeyRules.AreSeveral(pipeline))
                Console.Error.WriteLine("note: this pipeline has several normalize or classify stages; keys are made by those on the first way to its buffer.");
            return KeyRules.Of(pipeline);
        }

        if (KeyRules.Parse(ledger.KeyRules) is { } recorded)
            return recorded;
        if (!quiet)
            Console.Error.WriteLine("note: no run has left its rules here, so keys are made by the default ones; give the pipeline's YAML for its own.");
        return KeyRules.Default;
    }

    private static void Answer(IReadOnlyList<AskedLine> lines, LedgerLookup ledger, BufferedStream output, bool writesJson, bool quiet)
    {
        var progress = new ScanProgress(ledger.Rows, isShown: !quiet);
        var found = ledger.Find(lines.Select(line => line.ContentId), progress.Report);
        progress.End();
        foreach (var line in lines)
        {
            var answer = line.With(found.GetValueOrDefault(line.ContentId));
            output.Write(writesJson ? CheckText.Json(answer) : Encoding.UTF8.GetBytes(CheckText.Of(answer)));
        }

        output.Flush();
    }
}
