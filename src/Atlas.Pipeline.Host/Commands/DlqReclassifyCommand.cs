using System.CommandLine;
using Atlas.Pipeline.Check;
using Atlas.Pipeline.Host.Reporting;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Host.Commands;

/// <summary><c>atlas dlq reclassify</c>: what today's rules would make of dead letters.</summary>
internal static class DlqReclassifyCommand
{
    public static Command Create()
    {
        var state = new DlqArguments();
        var filters = new LetterFilterOptions();
        var list = new Option<bool>("--list") { Description = "Names every letter with what would become of it." };
        var json = new Option<bool>("--json") { Description = "A JSON object a line." };
        var command = new Command("reclassify", """
            Says what today's pipeline would decide about dead letters, without fetching and without changing anything: after a rule was changed, how many would pass now. The rules are those of the YAML's normalize and classify; with --state alone those of the last run there.
            pass: it would be admitted. duplicate: the rules let it pass, and its resource is known already. refuse: it would be refused, and what for. fetch: it was admitted before and died while it was fetched; it would be fetched again, whatever the rules say.
            """) { list, json };
        state.AddTo(command);
        filters.AddTo(command);
        command.SetAction(async (line, _) =>
        {
            if (filters.Read(line) is not { } filter)
                return ExitCode.Usage;
            return await state.RunAsync(line, async desk =>
            {
                NameTheRules(desk);
                var places = await desk.Book.FindAsync(filter);
                using var ledger = new LedgerLookup(StateDirectory.LedgerFileIn(desk.State.Directory));
                var asked = new LettersAsked(desk.Rules, ledger, desk.Steps).Ask(desk.Book.Read(places), places.Count);
                using var stdout = StandardOutput.Open();
                using var output = new BufferedStream(stdout, 64 * 1024);
                var verdicts = new LetterVerdictText(output, line.GetValue(json));
                if (line.GetValue(list))
                    verdicts.WriteEach(asked, desk.Book);
                else
                    verdicts.WriteCounts(asked);
                output.Flush();
                if (!line.GetValue(json))
                    desk.Narration.Say(LetterVerdictText.Sentence(asked));
                return ExitCode.Done;
            });
        });
        return command;
    }

    private static void NameTheRules(DlqDesk desk)
    {
        if (desk.State.Pipeline is { } pipeline && KeyRules.AreSeveral(pipeline))
            desk.Narration.Say("note: this pipeline has several normalize or classify stages; it is decided by those on the first way to its buffer.");
        else if (desk.State.Pipeline is null)
            desk.Narration.Say(KeyRules.Parse(desk.Book.KeyRules) is null
                ? "note: no run has left its rules here, so it is decided by the default ones; give the pipeline's YAML for its own."
                : "note: decided by the rules of the last run; give the pipeline's YAML for those of today.");
    }
}
