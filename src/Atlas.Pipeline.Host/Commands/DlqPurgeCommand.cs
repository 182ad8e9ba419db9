using System.CommandLine;
using System.Globalization;
using Atlas.Pipeline.DeadLetters;
using Atlas.Pipeline.Host.Reporting;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Host.Commands;

/// <summary><c>atlas dlq purge</c>: deletes dead letters, after they have been written to a file.</summary>
internal static class DlqPurgeCommand
{
    /// <summary>Letters of one transaction.</summary>
    private const int LettersPerCommit = 2_000;

    public static Command Create()
    {
        var state = new DlqArguments();
        var filters = new LetterFilterOptions();
        var yes = new Option<bool>("--yes") { Description = "Deletes without asking. Without it, and without a terminal, it is only said how many would be." };
        var backup = new Option<string?>("--backup") { Description = "The file they are written to first; purged/TIME.jsonl in the state directory unless given.", HelpName = "FILE" };
        var command = new Command("purge", """
            Deletes dead letters that fit, for good, after they were written to a backup file as exact JSON lines (atlas dlq import takes them in again). Says first how many there are, and asks. No pipeline may be running there.
            A line that was refused and comes again is counted, and is kept as a dead letter again when the dedup index has been made anew. A URL that was given up stays known, and is counted as purged.
            """) { yes, backup };
        state.AddTo(command);
        filters.AddTo(command);
        command.SetAction(async (line, _) =>
        {
            if (filters.Read(line) is not { } filter)
                return ExitCode.Usage;
            return await state.RunAsync(line, async desk =>
            {
                if (IsReplaying(desk))
                    return ExitCode.Usage;

                var counts = await desk.Book.CountAsync(filter, "reason", int.MaxValue);
                Console.Error.Write(LetterCountsText.Of(counts, "reason"));
                Console.Error.WriteLine(counts.Letters == 0 ? "No dead letters to purge." : $"{Figures.Count(counts.Letters)} dead letters would be deleted ({filter}).");
                if (counts.Letters == 0)
                    return ExitCode.Done;
                if (line.GetValue(backup) is { } given && LettersFile.InTheWay(given, isForced: null) is { } inTheWay)
                {
                    Console.Error.WriteLine($"--backup: {inTheWay}");
                    return ExitCode.Usage;
                }

                var file = Path.GetFullPath(line.GetValue(backup) ?? FreeIn(Path.Combine(desk.State.Directory, "purged")));
                return Consent.IsGiven(line.GetValue(yes), $"Delete {Figures.Count(counts.Letters)} dead letters?") ? await PurgeAsync(desk, filter, file) : Consent.Withheld;
            });
        });
        return command;
    }

    private static bool IsReplaying(DlqDesk desk)
    {
        if (desk.Book.Unfinished() is not { } replay)
            return false;
        Console.Error.WriteLine($"A replay ({replay.Filter}) has {Figures.Count(replay.Remaining)} letters left, of which some may be among these: go on with it first, by atlas dlq replay --resume.");
        return true;
    }

    /// <summary>A name of this second that no other purge has taken.</summary>
    private static string FreeIn(string folder)
    {
        var name = TimeProvider.System.GetUtcNow().ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        for (var number = 1; ; number++)
        {
            var file = Path.Combine(folder, number == 1 ? $"{name}.jsonl" : string.Create(CultureInfo.InvariantCulture, $"{name}-{number}.jsonl"));
            if (!File.Exists(file))
                return file;
        }
    }

    private static async Task<int> PurgeAsync(DlqDesk desk, LetterFilter filter, string file)
    {
        // From here on nobody else changes them: what is deleted is what is in the file.
        await using var ledger = SqliteLedger.Open(desk.State.Directory, new Seams());
        if (IsReplaying(desk))
            return ExitCode.Usage;
        var places = await desk.Book.FindAsync(filter);
        using (var target = LettersFile.TargetAt(file))
            LettersFile.Write(target, places, desk);
        desk.Book.Dispose();
        desk.Narration.Say($"Written to {file}.");
        await ledger.RecordActAsync(Consent.Who, "purge", filter.ToString(), places.Count, $"backup {file}");
        desk.Steps.Begin("deleting dead letters", places.Count);
        long purged = 0;
        foreach (var some in places.Chunk(LettersPerCommit))
        {
            purged += await ledger.PurgeAsync([.. some.Select(place => place.Sequence)]);
            desk.Steps.Advance(some.Length);
        }

        desk.Steps.End();
        Console.Out.WriteLine($"{Figures.Count(purged)} dead letters deleted.");
        return ExitCode.Done;
    }
}
