using System.CommandLine;
using Atlas.Pipeline.DeadLetters;
using Atlas.Pipeline.Host.Reporting;

namespace Atlas.Pipeline.Host.Commands;

/// <summary><c>atlas dlq list</c>: a page of dead letters.</summary>
internal static class DlqListCommand
{
    public static Command Create()
    {
        var state = new DlqArguments();
        var filters = new LetterFilterOptions();
        var form = new LetterFormOptions();
        var limit = new Option<int>("--limit") { Description = "Letters of a page, 50 by default.", DefaultValueFactory = _ => 50, HelpName = "N" };
        var after = new Option<string?>("--after") { Description = "The next page: what the page before said at its end.", HelpName = "PAGE" };
        var count = new Option<bool>("--count") { Description = "Only how many fit." };
        var command = new Command("list", "Dead letters that fit, the newest first. User names and passwords are not shown.") { limit, after, count };
        state.AddTo(command);
        filters.AddTo(command);
        form.AddTo(command);
        command.SetAction(async (line, _) =>
        {
            if (filters.Read(line) is not { } filter || !LetterFormOptions.IsCount(limit, line.GetValue(limit)) || !TryPage(line.GetValue(after), out var place))
                return ExitCode.Usage;
            return await state.RunAsync(line, async desk =>
            {
                if (line.GetValue(count))
                {
                    Console.Out.WriteLine(await desk.Book.CountAsync(filter));
                    return ExitCode.Done;
                }

                var page = await desk.Book.PageAsync(filter, line.GetValue(limit), place);
                using (var output = form.Open(line, desk))
                    output.Write(page.Letters);
                if (page.Count is { } all)
                    desk.Narration.Say($"{Figures.Count(page.Letters.Count)} of {Figures.Count(all)} dead letters.");
                if (page.Next is { } next)
                    desk.Narration.Say($"Next page: {CommandAgain.Of(line, after, LetterPlaceText.Of(next))}");
                return ExitCode.Done;
            });
        });
        return command;
    }

    private static bool TryPage(string? after, out LetterPlace? place)
    {
        place = null;
        if (after is null)
            return true;
        if (LetterPlaceText.TryParse(after, out var read))
        {
            place = read;
            return true;
        }

        Console.Error.WriteLine($"--after: '{after}' is no page. It is what the page before said at its end, as 1767323045678-5512.");
        return false;
    }
}
