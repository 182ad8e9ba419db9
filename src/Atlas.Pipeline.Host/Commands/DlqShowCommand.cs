using System.CommandLine;
using System.Text;
using Atlas.Pipeline.DeadLetters;
using Atlas.Pipeline.Host.Reporting;
using Atlas.Pipeline.Ledger;
using Atlas.Urls;

namespace Atlas.Pipeline.Host.Commands;

/// <summary><c>atlas dlq show</c>: everything about single dead letters.</summary>
internal static class DlqShowCommand
{
    public static Command Create()
    {
        var which = new Argument<string[]>("SEQ|URL|ID") { Description = "The number of a dead letter as lists have it, a URL in any spelling that has the same key, or a content id; the pipeline's YAML may come first.", Arity = ArgumentArity.OneOrMore };
        var state = new DlqArguments(which);
        var json = new Option<bool>("--json") { Description = "A JSON object a line." };
        var command = new Command("show", "Everything that is known of single dead letters, with every attempt. User names and passwords are not shown. Exit code 1 if there is none of them. By its content id a letter is found by reading the ids of all dead letters.") { json };
        state.AddTo(command);
        command.SetAction(async (line, _) => await state.RunAsync(line, async desk =>
        {
            var asked = state.Others(line).ToList();
            if (asked.Count == 0)
            {
                Console.Error.WriteLine("Show what? Give the number of a dead letter, its URL or its content id.");
                return ExitCode.Usage;
            }

            var missing = 0;
            foreach (var each in asked)
            {
                var letters = await FindAsync(each, desk);
                if (letters.Count == 0)
                {
                    missing++;
                    Console.Error.WriteLine($"{Redaction.Of(each)}: no dead letter.");
                }
                else if (line.GetValue(json))
                {
                    using var output = LetterOutput.Json(desk.Canonical);
                    output.Write(letters);
                }
                else
                {
                    using var stdout = StandardOutput.Open();
                    foreach (var letter in letters)
                        stdout.Write(Encoding.UTF8.GetBytes(LetterSheet.Of(letter, LetterJson.CanonicalOf(letter, desk.Canonical))));
                }
            }

            return missing > 0 ? ExitCode.Failed : ExitCode.Done;
        }));
        return command;
    }

    private static async Task<IReadOnlyList<Letter>> FindAsync(string which, DlqDesk desk) =>
        long.TryParse(which, out var sequence) ? [.. desk.Book.Read([new LetterPlace(0, sequence)])]
        : which.Length == 32 && UInt128.TryParse(which, System.Globalization.NumberStyles.AllowHexSpecifier, null, out var id) ? desk.Book.FindId(id)
        : await desk.Book.FindUrlAsync(Encoding.UTF8.GetBytes(which), KeysOf(which, desk));

    /// <summary>The key that the line has by the rules at hand, which may be none of a letter that was keyed by others.</summary>
    private static UInt128 KeysOf(string url, DlqDesk desk)
    {
        using var lines = new Check.LinesAsked(desk.Rules);
        lines.Append(Encoding.UTF8.GetBytes(url));
        lines.End();
        return lines.Give() is [var line] ? line.ContentId : UInt128.Zero;
    }
}
