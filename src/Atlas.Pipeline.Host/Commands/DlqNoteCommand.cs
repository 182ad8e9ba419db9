using System.CommandLine;
using System.Globalization;
using System.Text;
using Atlas.Pipeline.DeadLetters;
using Atlas.Pipeline.Host.Reporting;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Host.Commands;

/// <summary><c>atlas dlq note</c>: what people want to remember of a dead letter.</summary>
internal static class DlqNoteCommand
{
    public static Command Create()
    {
        var words = new Argument<string[]>("SEQ TEXT") { Description = "The number of a dead letter as lists have it, and what is to be written; the pipeline's YAML may come first.", Arity = ArgumentArity.OneOrMore };
        var state = new DlqArguments(words);
        var command = new Command("note", "Writes a note to a dead letter, over the one before; an empty text takes it away. Lists and exports have it as notes. Exit code 1 if there is no such letter. No pipeline may be running there.");
        state.AddTo(command);
        command.SetAction(async (line, _) => await state.RunAsync(line, async desk =>
        {
            if (state.Others(line) is not [var number, var text] || !long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var sequence))
            {
                Console.Error.WriteLine("Note what? Give the number of a dead letter, and the text in quotes.");
                return ExitCode.Usage;
            }

            var letter = desk.Book.Read([new LetterPlace(0, sequence)]).FirstOrDefault();
            desk.Book.Dispose();
            await using var ledger = SqliteLedger.Open(desk.State.Directory, new Seams());
            if (letter is null || !await ledger.NoteLetterAsync(sequence, text))
            {
                Console.Error.WriteLine($"{number}: no dead letter.");
                return ExitCode.Failed;
            }

            var which = $"{letter.Sequence.ToString(CultureInfo.InvariantCulture)} ({letter.ReasonName}, {CheckText.Shown(Encoding.UTF8.GetString(letter.Line))})";
            desk.Narration.Say(text.Length > 0 ? $"Noted on {which}: {TerminalText.Of(text)}"
                : letter.Notes.Length > 0 ? $"The note on {which} is gone; it was: {TerminalText.Of(letter.Notes)}"
                : $"There was no note on {which}.");
            if (text.Length > 0 && letter.Notes.Length > 0)
                desk.Narration.Say($"The note before was: {TerminalText.Of(letter.Notes)}");
            return ExitCode.Done;
        }));
        return command;
    }
}
