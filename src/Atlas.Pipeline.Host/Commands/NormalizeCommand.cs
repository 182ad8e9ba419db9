using System.CommandLine;
using Atlas.Pipeline.Host.Normalizing;
using Atlas.Pipeline.Host.Reporting;
using Atlas.Urls;

namespace Atlas.Pipeline.Host.Commands;

/// <summary><c>atlas normalize</c>: canonical forms as a filter, their laws tried on a file, and the effect of a change of rules.</summary>
internal static class NormalizeCommand
{
    public static Command Create()
    {
        var input = new Option<string>("--input") { Description = "lines, or json: every line is a JSON string.", DefaultValueFactory = _ => "lines" };
        input.AcceptOnlyFromAmong("lines", "json");
        var verify = new Option<string?>("--verify") { Description = $"Tries the laws of canonical forms on the lines of a file: a form is its own form, and its host, path, parameters and fragment are those of its line but for the rules that were applied; and so are those of lines that have one form, compared with the first that has it (of the first {FirstLines.MostKeys:N0} forms, which takes 300 MB). What breaks a law is printed as short as it can be." };
        var compare = new Option<string[]>("--compare") { Description = "Two rules files: which URLs on stdin would merge or part.", Arity = new ArgumentArity(2, 2), AllowMultipleArgumentsPerToken = true };
        var command = new Command("normalize", "Reads URLs from stdin, a line each, and prints each with its canonical form: input TAB canonical, or input TAB !error reason. Lines with tabs need --input json. Like every filter it prints user names and passwords as they are.")
        {
            input, verify, compare,
        };
        var options = new RulesOptions(foldsScheme: false);
        options.AddTo(command);
        command.SetAction(line =>
        {
            var readsJson = line.GetValue(input) == "json";
            if (line.GetValue(compare) is { Length: 2 } files)
                return Compare(options.Read(files[0], line), options.Read(files[1], line), readsJson);
            if (options.Read(line) is not { } rules)
                return ExitCode.Usage;
            if (line.GetValue(verify) is { } file)
                return Verify(file, rules, readsJson);
            return Filter(rules, readsJson);
        });
        return command;
    }

    private static int Filter(CanonicalizationRules rules, bool readsJson)
    {
        using var lines = StandardInput.Open();
        using var forms = StandardOutput.Open();
        try
        {
            new NormalizeFilter(rules, readsJson).Run(lines, forms);
            return ExitCode.Done;
        }
        catch (IOException error) when (Narration.CanExplain(error))
        {
            Console.Error.WriteLine($"Not all lines have become canonical forms: {error.Message}");
            return ExitCode.Failed;
        }
    }

    private static int Compare(CanonicalizationRules? before, CanonicalizationRules? after, bool readsJson)
    {
        if (before is null || after is null)
            return ExitCode.Usage;
        using var lines = StandardInput.Open();
        new RulesComparison(before, after, readsJson).Run(lines, Console.Out);
        return ExitCode.Done;
    }

    private static int Verify(string file, CanonicalizationRules rules, bool readsJson)
    {
        try
        {
            using var lines = File.OpenRead(file);
            return new Verification(rules, readsJson: readsJson).Run(lines, Console.Out) == 0 ? ExitCode.Done : ExitCode.Failed;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            Console.Error.WriteLine($"{file}: cannot be read: {error.Message}");
            return ExitCode.Usage;
        }
    }
}
