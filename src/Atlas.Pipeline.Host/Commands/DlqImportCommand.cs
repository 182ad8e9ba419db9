using System.CommandLine;
using Atlas.Pipeline.Check;
using Atlas.Pipeline.DeadLetters;
using Atlas.Pipeline.Host.Reporting;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Host.Commands;

/// <summary><c>atlas dlq import</c>: takes in dead letters that were exported, here or elsewhere.</summary>
internal static class DlqImportCommand
{
    /// <summary>Letters of one transaction.</summary>
    private const int LettersPerCommit = 1_000;

    /// <summary>Mistakes that are named; the rest is counted.</summary>
    private const int MostNamed = 20;

    public static Command Create()
    {
        var words = new Argument<string[]>("FILE") { Description = "The file of JSON lines; the pipeline's YAML may come first.", Arity = ArgumentArity.OneOrMore };
        var (state, set) = (PipelineArguments.State(), PipelineArguments.Set());
        var yes = new Option<bool>("--yes") { Description = "Imports without asking. Without it, and without a terminal, it is only said how many would be." };
        var quiet = new Option<bool>("--quiet") { Description = "No progress and no notes." };
        var command = new Command("import", """
            Takes in dead letters as JSON lines (docs/dead-letters.md), with all that the file says of them; the state directory is made if it is not there. What is a dead letter there already is left out, so that an import may be repeated. Says first how many there are, and asks. No pipeline may be running there.
            A line of the file that is none is named and left out; exit code 1 then. Imported letters count as lines that were received and refused, whatever they were before.
            """) { words, state, set, yes, quiet };
        command.SetAction(async (line, _) =>
        {
            var given = line.GetValue(words)!;
            var pipeline = StateToRead.IsPipelineFile(given[0]) ? given[0] : null;
            if (given.Length != (pipeline is null ? 1 : 2))
            {
                Console.Error.WriteLine("Import what? Give one file of JSON lines.");
                return ExitCode.Usage;
            }

            if (StateToRead.FindOrNew(pipeline, line.GetValue(set)!, line.GetValue(state)) is not { } read)
                return ExitCode.Usage;
            using var narration = new Narration(TimeProvider.System, line.GetValue(quiet));
            var steps = new StepProgress(TimeProvider.System);
            try
            {
                var work = Task.Run(() => RunAsync(given[^1], read, line.GetValue(yes), narration, steps));
                await narration.WatchAsync(steps, work);
                return await work;
            }
            catch (Exception error) when (Narration.CanExplain(error))
            {
                return Narration.Explain("The import", error);
            }
        });
        return command;
    }

    private static async Task<int> RunAsync(string file, StateToRead read, bool yes, Narration narration, StepProgress steps)
    {
        LettersToImport letters;
        long wanted;
        using (var reader = read.HasLedger ? new LetterReader(StateDirectory.LedgerFileIn(read.Directory)) : null)
        {
            letters = new LettersToImport(file, new LetterJsonReader(new CanonicalUrls(RulesOf(read, reader).Normalize.Rules), TimeProvider.System.GetUtcNow()), steps);
            wanted = letters.NewTo(reader, (number, mistake) =>
            {
                if (number <= MostNamed)
                    Console.Error.WriteLine(mistake);
            }).LongCount();
        }

        if (letters.Mistakes > MostNamed)
            Console.Error.WriteLine($"... and {Figures.Count(letters.Mistakes - MostNamed)} more.");
        narration.Say($"{Figures.Count(wanted)} dead letters would be imported; {Figures.Count(letters.Known)} are there already{(letters.Mistakes > 0 ? $", {Figures.Count(letters.Mistakes)} lines are none" : "")}.");
        var exit = letters.Mistakes > 0 ? ExitCode.Failed : ExitCode.Done;
        if (wanted == 0)
            return exit;
        if (!Consent.IsGiven(yes, $"Import {Figures.Count(wanted)} dead letters?"))
            return Consent.Withheld;
        var imported = await ImportAsync(letters, read.Directory, Path.GetFullPath(file));
        Console.Out.WriteLine($"{Figures.Count(imported)} dead letters imported.");
        return exit;
    }

    private static async Task<long> ImportAsync(LettersToImport letters, string state, string file)
    {
        // From here on nobody else changes them, so it is looked again what is there.
        await using var ledger = SqliteLedger.Open(state, new Seams());
        using var reader = new LetterReader(StateDirectory.LedgerFileIn(state));
        var wanted = letters.NewTo(reader, (_, _) => { }).LongCount();
        if (wanted > 0)
            await ledger.RecordActAsync(Consent.Who, "import", "", wanted, $"from {file}, {letters.Known} were there already");
        long imported = 0;
        foreach (var some in letters.NewTo(reader, (_, _) => { }).Chunk(LettersPerCommit))
            imported += await ledger.ImportLettersAsync(some);
        return imported;
    }

    private static KeyRules RulesOf(StateToRead read, LetterReader? reader) =>
        read.Pipeline is { } pipeline ? KeyRules.Of(pipeline) : KeyRules.Parse(reader?.KeyRules ?? "") ?? KeyRules.Default;
}
