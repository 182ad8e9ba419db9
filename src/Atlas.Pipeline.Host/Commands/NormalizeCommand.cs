using System.CommandLine;
using Atlas.Pipeline.Host.Normalizing;
using Atlas.Urls;

namespace Atlas.Pipeline.Host.Commands;

/// <summary><c>atlas normalize</c>: canonical forms as a filter, their laws tried on a file, and the effect of a change of rules.</summary>
internal static class NormalizeCommand
{
    private static readonly Option<string?> Rules = new("--rules") { Description = "A YAML file with the settings of a normalize stage." };
    private static readonly Option<bool> FoldScheme = new("--fold-scheme") { Description = "http and https on their default ports are one." };
    private static readonly Option<bool> FoldWww = new("--fold-www") { Description = "www.example.org and example.org are one." };
    private static readonly Option<bool> TrailingSlash = new("--trailing-slash") { Description = "/a/ and /a are one." };
    private static readonly Option<bool> SessionIds = new("--session-ids") { Description = "Drop session ids from query and path." };
    private static readonly Option<bool> Schemeless = new("--schemeless") { Description = "Read example.org/a and //example.org as http." };

    public static Command Create()
    {
        var input = new Option<string>("--input") { Description = "lines, or json: every line is a JSON string.", DefaultValueFactory = _ => "lines" };
        input.AcceptOnlyFromAmong("lines", "json");
        var verify = new Option<string?>("--verify") { Description = "Tries the laws of canonical forms on the lines of a file." };
        var compare = new Option<string[]>("--compare") { Description = "Two rules files: which URLs on stdin would merge or part.", Arity = new ArgumentArity(2, 2), AllowMultipleArgumentsPerToken = true };
        var command = new Command("normalize", "Reads URLs from stdin, a line each, and prints each with its canonical form: input TAB canonical, or input TAB !error reason. Like every filter it prints user names and passwords as they are.")
        {
            input, Rules, FoldScheme, FoldWww, TrailingSlash, SessionIds, Schemeless, verify, compare,
        };
        command.SetAction(line =>
        {
            if (line.GetValue(compare) is { Length: 2 } files)
                return Compare(files, line);
            if (ReadRules(line.GetValue(Rules), line) is not { } rules)
                return ExitCode.Usage;
            if (line.GetValue(verify) is { } file)
                return Verify(file, rules);
            return Filter(rules, readsJson: line.GetValue(input) == "json");
        });
        return command;
    }

    private static int Filter(CanonicalizationRules rules, bool readsJson)
    {
        using var lines = Console.OpenStandardInput();
        using var forms = StandardOutput.Open();
        try
        {
            new NormalizeFilter(rules, readsJson).Run(lines, forms);
            return ExitCode.Done;
        }
        catch (IOException error)
        {
            // Mostly a reader such as head that has seen enough.
            Console.Error.WriteLine($"The canonical forms could not be written: {error.Message}");
            return ExitCode.Failed;
        }
    }

    private static int Compare(string[] files, ParseResult line)
    {
        if (ReadRules(files[0], line) is not { } before || ReadRules(files[1], line) is not { } after)
            return ExitCode.Usage;
        using var lines = Console.OpenStandardInput();
        new RulesComparison(before, after).Run(lines, Console.Out);
        return ExitCode.Done;
    }

    private static int Verify(string file, CanonicalizationRules rules)
    {
        try
        {
            using var lines = File.OpenRead(file);
            return new Verification(rules).Run(lines, Console.Out) == 0 ? ExitCode.Done : ExitCode.Failed;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"{file}: cannot be read: {error.Message}");
            return ExitCode.Usage;
        }
    }

    /// <summary>The file's rules, with what the switches add.</summary>
    private static CanonicalizationRules? ReadRules(string? file, ParseResult line) => RulesFile.Read(file) is { } rules
        ? rules with
        {
            FoldScheme = rules.FoldScheme || line.GetValue(FoldScheme),
            FoldWww = rules.FoldWww || line.GetValue(FoldWww),
            FoldTrailingSlash = rules.FoldTrailingSlash || line.GetValue(TrailingSlash),
            DropSessionIds = rules.DropSessionIds || line.GetValue(SessionIds),
            AcceptSchemeless = rules.AcceptSchemeless || line.GetValue(Schemeless),
        }
        : null;
}
