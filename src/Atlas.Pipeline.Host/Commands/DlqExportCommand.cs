using System.CommandLine;
using Atlas.Pipeline.Export;
using Atlas.Pipeline.Host.Reporting;

namespace Atlas.Pipeline.Host.Commands;

/// <summary><c>atlas dlq export</c>: dead letters as JSON lines that can be imported again.</summary>
internal static class DlqExportCommand
{
    public static Command Create()
    {
        var state = new DlqArguments();
        var filters = new LetterFilterOptions();
        var file = new Option<string?>("--out") { Description = "A file, with .open behind its name until it is whole; stdout unless given.", HelpName = "FILE" };
        var force = new Option<bool>("--force") { Description = "Replaces a file that is there." };
        var command = new Command("export", """
            Writes dead letters that fit as JSON lines, the oldest first, with everything that is known of them; atlas dlq import takes them in again, here or elsewhere. Changes nothing.
            They are exact: URLs as they came, user names and passwords too.
            """) { file, force };
        state.AddTo(command);
        filters.AddTo(command);
        command.SetAction(async (line, _) =>
        {
            if (filters.Read(line) is not { } filter)
                return ExitCode.Usage;
            var path = line.GetValue(file) is { } given && given != "-" ? given : null;
            if (path is not null && LettersFile.InTheWay(path, isForced: line.GetValue(force)) is { } inTheWay)
            {
                Console.Error.WriteLine($"--out: {inTheWay}");
                return ExitCode.Usage;
            }

            return await state.RunAsync(line, async desk =>
            {
                using var stdout = path is null ? StandardOutput.Open() : Stream.Null;
                using var target = path is null ? (IExportTarget)new StreamTarget(stdout) : LettersFile.TargetAt(path);
                var written = LettersFile.Write(target, await desk.Book.FindAsync(filter), desk);
                desk.Narration.Say($"{Figures.Count(written)} dead letters exported.");
                return ExitCode.Done;
            });
        });
        return command;
    }
}
