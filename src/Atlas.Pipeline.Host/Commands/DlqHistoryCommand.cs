using System.CommandLine;
using System.Globalization;
using System.Text;
using Atlas.Pipeline.Host.Reporting;

namespace Atlas.Pipeline.Host.Commands;

/// <summary><c>atlas dlq history</c>: what was done to many dead letters at once, and by whom.</summary>
internal static class DlqHistoryCommand
{
    public static Command Create()
    {
        var state = new DlqArguments();
        var limit = new Option<int>("--limit") { Description = "Acts that are shown, the newest first; 50 by default.", DefaultValueFactory = _ => 50, HelpName = "N" };
        var json = new Option<bool>("--json") { Description = "A JSON object a line." };
        var command = new Command("history", "What was done to many dead letters at once: replays, purges, imports, holds and releases, with who, when, by which filter, and how many.") { limit, json };
        state.AddTo(command);
        command.SetAction(async (line, _) => !LetterFormOptions.IsCount(limit, line.GetValue(limit)) ? ExitCode.Usage : await state.RunAsync(line, desk =>
        {
            var acts = desk.Book.Acts(line.GetValue(limit));
            using var output = StandardOutput.Open();
            if (line.GetValue(json))
            {
                foreach (var act in acts)
                    output.Write(ActText.Json(act));
            }
            else if (acts.Count > 0)
            {
                var table = new TextTable("when", "who", "what", "letters>", "by", "and");
                foreach (var act in acts)
                    table.Add(act.At.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture), act.Who, act.What, Figures.Count(act.Count), act.Filter, act.Detail);
                output.Write(Encoding.UTF8.GetBytes(table.ToText(int.MaxValue, shortened: 5)));
            }
            else
            {
                desk.Narration.Say("Nothing was done to many letters at once.");
            }

            return Task.FromResult(ExitCode.Done);
        }));
        return command;
    }
}
