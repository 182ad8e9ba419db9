using System.CommandLine;
using Atlas.Pipeline.Check;
using Atlas.Pipeline.DeadLetters;
using Atlas.Pipeline.Host.Reporting;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Host.Commands;

/// <summary>Which state directory a command about dead letters is about, and what it has at hand there.</summary>
/// <param name="others">What a command is about besides; then the pipeline's YAML may stand in front of it.</param>
internal sealed class DlqArguments(Argument<string[]>? others = null)
{
    private readonly Argument<string?> _file = new("PIPELINE.yaml") { Description = "The pipeline file, unless --state is given.", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string?> _state = PipelineArguments.State();
    private readonly Option<string[]> _set = PipelineArguments.Set();
    private readonly Option<bool> _quiet = new("--quiet") { Description = "No progress and no notes." };

    public void AddTo(Command command)
    {
        if (others is null)
            command.Add(_file);
        else
            command.Add(others);
        command.Add(_state);
        command.Add(_set);
        command.Add(_quiet);
    }

    /// <summary>Runs what asks the dead letters; progress on stderr meanwhile, and an exit code for what stands in the way.</summary>
    public async Task<int> RunAsync(ParseResult line, Func<DlqDesk, Task<int>> run)
    {
        if (StateToRead.WithLedger(FileOf(line), line.GetValue(_set)!, line.GetValue(_state)) is not { } read)
            return ExitCode.Usage;
        using var narration = new Narration(TimeProvider.System, line.GetValue(_quiet));
        try
        {
            return await read.ReadAsync(async _ =>
            {
                var steps = new StepProgress(TimeProvider.System);
                using var book = new LetterBook(read.Directory, steps, new Seams());
                var work = Task.Run(() => run(new DlqDesk(read, book, narration, steps)));
                await narration.WatchAsync(steps, work);
                if (book.HadNoIndex)
                    narration.Say($"note: {LetterIndex.DirectoryIn(read.Directory)} cannot be written, so the index was made for this command alone.");
                return await work;
            });
        }
        catch (Exception error) when (Narration.CanExplain(error))
        {
            return Narration.Explain("The command", error);
        }
    }

    /// <summary>What the command is about, without the pipeline's YAML.</summary>
    public string[] Others(ParseResult line) => line.GetValue(others!)! is var all && FileOf(line) is null ? all : all[1..];

    private string? FileOf(ParseResult line) =>
        others is null ? line.GetValue(_file) : line.GetValue(others) is [var first, ..] && StateToRead.IsPipelineFile(first) ? first : null;
}

/// <summary>What a command about dead letters works with.</summary>
/// <param name="State">The state directory, and its pipeline if that was named.</param>
/// <param name="Book">The letters.</param>
/// <param name="Narration">What is said on stderr.</param>
/// <param name="Steps">Progress that is shown.</param>
internal sealed record DlqDesk(StateToRead State, LetterBook Book, Narration Narration, StepProgress Steps)
{
    /// <summary>The rules of the pipeline that was named; else of the last run on the directory.</summary>
    public KeyRules Rules => State.Pipeline is { } pipeline ? KeyRules.Of(pipeline) : KeyRules.Parse(Book.KeyRules) ?? KeyRules.Default;

    public CanonicalUrls Canonical => new(Rules.Normalize.Rules);
}
