using System.CommandLine;
using System.Text;
using Atlas.Pipeline.DeadLetters;
using Atlas.Pipeline.Host.Reporting;

namespace Atlas.Pipeline.Host.Commands;

/// <summary><c>atlas dlq stats</c>: what the dead letters died of, and where they came from.</summary>
internal static class DlqStatsCommand
{
    public static Command Create()
    {
        var state = new DlqArguments();
        var filters = new LetterFilterOptions();
        var by = new Option<string>("--by") { Description = $"What they are counted by: {string.Join(", ", LetterCounts.Groupings)}. reason by default.", DefaultValueFactory = _ => "reason", HelpName = "WHAT" };
        by.AcceptOnlyFromAmong([.. LetterCounts.Groupings]);
        var top = new Option<int>("--top") { Description = "Groups that are named, those with the most letters; 20 by default.", DefaultValueFactory = _ => 20, HelpName = "N" };
        var json = new Option<bool>("--json") { Description = "A JSON object a line." };
        var command = new Command("stats", "Counts the dead letters that fit: by reason, or by host, domain, source, class, stage or day (UTC).") { by, top, json };
        state.AddTo(command);
        filters.AddTo(command);
        command.SetAction(async (line, _) =>
        {
            if (filters.Read(line) is not { } filter || !LetterFormOptions.IsCount(top, line.GetValue(top)))
                return ExitCode.Usage;
            return await state.RunAsync(line, async desk =>
            {
                var what = line.GetValue(by)!;
                var counts = await desk.Book.CountAsync(filter, what, line.GetValue(top));
                using var output = StandardOutput.Open();
                output.Write(Encoding.UTF8.GetBytes(line.GetValue(json) ? LetterCountsText.Json(counts, what) : LetterCountsText.Of(counts, what)));
                if (counts.Letters == 0)
                    desk.Narration.Say(filter.ToString() == LetterFilter.All.ToString() ? "No dead letters." : $"No dead letters fit {filter}.");
                return ExitCode.Done;
            });
        });
        return command;
    }
}
