using System.CommandLine;
using System.Text;
using Atlas.Pipeline.Host.Reporting;
using Atlas.Pipeline.Ledger;
using Atlas.Urls;

namespace Atlas.Pipeline.Host.Commands;

/// <summary><c>atlas dlq hold</c> and <c>release</c>: the quarantine of a whole host or reason, without a row being touched.</summary>
internal static class DlqHoldCommand
{
    public static Command Create()
    {
        var (state, host, reason, json) = (new DlqArguments(), Host(), ReasonOption(), new Option<bool>("--json") { Description = "What is held back as JSON lines." });
        var note = new Option<string>("--note") { Description = "Why, for whoever comes after you.", DefaultValueFactory = _ => "", HelpName = "TEXT" };
        var command = new Command("hold", """
            Holds hosts or reasons back, until they are released; without either it lists what is held. No row is touched.
            The URLs of a host that is held back stay queued and are not fetched, from the next run on; dead letters of that host or reason are not replayed. No pipeline may be running there.
            """) { host, reason, note, json };
        state.AddTo(command);
        command.SetAction(async (line, _) => TryRead(line, host, reason, out var values)
            ? await state.RunAsync(line, async desk =>
            {
                if (values.Count == 0)
                {
                    List(desk, line.GetValue(json));
                    return ExitCode.Done;
                }

                desk.Book.Dispose();
                await using var ledger = SqliteLedger.Open(desk.State.Directory, new Seams());
                foreach (var (kind, value) in values)
                    await ledger.HoldAsync(kind, value, Consent.Who, line.GetValue(note)!);
                desk.Narration.Say($"Held back: {string.Join(", ", values.Select(value => $"{value.Kind} {value.Value}"))}.");
                return ExitCode.Done;
            })
            : ExitCode.Usage);
        return command;
    }

    public static Command CreateRelease()
    {
        var (state, host, reason) = (new DlqArguments(), Host(), ReasonOption());
        var command = new Command("release", "Releases hosts or reasons that are held back: their URLs are fetched in the next run, their dead letters may be replayed. Exit code 1 if one of them was not held. No pipeline may be running there.") { host, reason };
        state.AddTo(command);
        command.SetAction(async (line, _) => TryRead(line, host, reason, out var values)
            ? await state.RunAsync(line, async desk =>
            {
                if (values.Count == 0)
                {
                    Console.Error.WriteLine("Release what? Give --host or --reason.");
                    return ExitCode.Usage;
                }

                desk.Book.Dispose();
                await using var ledger = SqliteLedger.Open(desk.State.Directory, new Seams());
                var missing = 0;
                foreach (var (kind, value) in values)
                {
                    if (await ledger.ReleaseHoldAsync(kind, value, Consent.Who))
                        desk.Narration.Say($"Released: {kind} {value}.");
                    else
                        missing += Missing(kind, value);
                }

                return missing > 0 ? ExitCode.Failed : ExitCode.Done;
            })
            : ExitCode.Usage);
        return command;
    }

    private static Option<string[]> Host() => new("--host") { Description = "A host, at every port: example.org; or at one: example.org:8080.", HelpName = "HOST", DefaultValueFactory = _ => [] };

    private static Option<string[]> ReasonOption() => new("--reason") { Description = "A reason, as http_403.", HelpName = "NAME", DefaultValueFactory = _ => [] };

    private static int Missing(string kind, string value)
    {
        Console.Error.WriteLine($"{kind} {value} is not held back.");
        return 1;
    }

    private static void List(DlqDesk desk, bool json)
    {
        var holds = desk.Book.Holds();
        using var output = StandardOutput.Open();
        if (json)
        {
            foreach (var hold in holds)
                output.Write(ActText.Json(hold));
            return;
        }

        if (holds.Count == 0)
        {
            desk.Narration.Say("Nothing is held back.");
            return;
        }

        var table = new TextTable("what", "which", "since", "who", "note");
        foreach (var hold in holds)
            table.Add(hold.Kind, hold.Value, TimeText.Of(hold.At), hold.Who, CheckText.Shown(hold.Note));
        output.Write(Encoding.UTF8.GetBytes(table.ToText(TextTable.TerminalWidth, shortened: 4)));
    }

    private static bool TryRead(ParseResult line, Option<string[]> host, Option<string[]> reason, out List<(string Kind, string Value)> values)
    {
        values = [];
        var isRight = true;
        foreach (var text in LetterFilterOptions.Values(line, host))
        {
            if (HostKey.Of(Encoding.UTF8.GetBytes($"http://{text}/")) is { Length: > 0 } name && text.IndexOfAny(['/', '?', '#', '@', ' ']) < 0)
                values.Add(("host", name));
            else
                isRight = No($"--host: '{text}' is no host. Write one as example.org or example.org:8080.");
        }

        foreach (var text in LetterFilterOptions.Values(line, reason))
        {
            if (Reason.TryParse(text, out var known))
                values.Add(("reason", known.Name));
            else
                isRight = No($"--reason: '{text}' is no reason. An HTTP status is one as http_404.{Topology.DidYouMean.Among(text, [.. Reason.OwnNames.Select(each => each.Name)])}");
        }

        return isRight;

        static bool No(string mistake)
        {
            Console.Error.WriteLine(mistake);
            return false;
        }
    }
}
