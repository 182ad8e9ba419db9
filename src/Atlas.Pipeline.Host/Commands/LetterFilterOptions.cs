using System.CommandLine;
using Atlas.Pipeline.DeadLetters;

namespace Atlas.Pipeline.Host.Commands;

/// <summary>The options by which dead letters are chosen, the same for every command about them.</summary>
internal sealed class LetterFilterOptions
{
    private readonly Option<string[]> _reason = Several("--reason", "Only these reasons, as http_404 or scheme_file (docs/errors.md has them all). Of this and the next five choices several may be given, with commas between or one by one: any of them will do.", "NAME");
    private readonly Option<string[]> _class = Several("--class", $"Only these kinds of failure: {string.Join(", ", LetterClasses.Names)}.", "CLASS");
    private readonly Option<string[]> _stage = Several("--stage", $"Only what these stages refused or gave up: {string.Join(", ", LetterStage.Names)}.", "STAGE");
    private readonly Option<string[]> _host = Several("--host", "Only lines that name this host, at any port.", "HOST");
    private readonly Option<string[]> _domain = Several("--domain", "Only hosts of this registrable domain, as example.co.uk.", "DOMAIN");
    private readonly Option<string[]> _source = Several("--source", "Only what this source of the pipeline brought.", "NAME");
    private readonly Option<string?> _since = One("--since", "Only what was refused or given up then or later: 2026-01-31 or 2026-01-31T10:00:00Z; UTC unless it says otherwise.", "TIME");
    private readonly Option<string?> _until = One("--until", "Only what was refused or given up before.", "TIME");
    private readonly Option<string?> _olderThan = One("--older-than", "Only what was refused or given up at least so long ago: 7d, 12h, 30m or 45s.", "AGE");
    private readonly Option<string?> _newerThan = One("--newer-than", "Only what was refused or given up less long ago.", "AGE");
    private readonly Option<int> _attempts = new("--min-attempts") { Description = "Only what was tried at least so often, 1 to 255.", HelpName = "N" };
    private readonly Option<string?> _text = One("--text", "Only what has this in its line, its error or the name of its reason, in any case of ASCII letters.", "TEXT");
    private readonly Option<string?> _kind = One("--kind", "Only lines that were refused, or URLs that died after they had been admitted.", "refused|died");

    private Option[] All => [_reason, _class, _stage, _host, _domain, _source, _since, _until, _olderThan, _newerThan, _attempts, _text, _kind];

    public void AddTo(Command command)
    {
        _kind.AcceptOnlyFromAmong("refused", "died");
        foreach (var option in All)
            command.Add(option);
    }

    /// <summary>Whether any choice was made.</summary>
    public bool AreGiven(ParseResult line) => All.Any(option => line.GetResult(option) is { Implicit: false });

    /// <summary>The values of an option that may be given several times, and each time several with commas between.</summary>
    public static IEnumerable<string> Values(ParseResult line, Option<string[]> option) => line.GetValue(option)!.SelectMany(text => text.Split(',', StringSplitOptions.TrimEntries));

    /// <summary>What is wanted, or null after every mistake has been written to stderr.</summary>
    public LetterFilter? Read(ParseResult line)
    {
        List<string> mistakes = [];
        var filter = new LetterFilter
        {
            Reasons = Read<Reason>(_reason, Reason.TryParse, Reason.OwnNames.Select(reason => reason.Name), "no reason. An HTTP status is one as http_404"),
            Classes = Read<ErrorClass>(_class, LetterClasses.TryParse, LetterClasses.Names, $"no class. There are {string.Join(", ", LetterClasses.Names)}"),
            Stages = Read<string>(_stage, TryStage, LetterStage.Names, $"no stage that refuses or gives up. There are {string.Join(", ", LetterStage.Names)}"),
            Hosts = Read<string>(_host, LetterFilter.TryParseHost, [], "no host. Write one as example.org, without scheme, port and path"),
            Domains = Read<string>(_domain, LetterFilter.TryParseHost, [], "no domain. Write one as example.org"),
            Sources = Read<string>(_source, TrySource, [], "no source"),
            Since = MomentText.Read("--since", line.GetValue(_since), mistakes),
            Until = MomentText.Read("--until", line.GetValue(_until), mistakes),
            OlderThan = AgeOf(_olderThan),
            NewerThan = AgeOf(_newerThan),
            MinAttempts = line.GetValue(_attempts),
            Text = line.GetValue(_text),
            Kinds = line.GetValue(_kind) switch { "refused" => LetterKinds.Refused, "died" => LetterKinds.Died, _ => LetterKinds.Any },
        };
        if (filter.MinAttempts is < 0 or > byte.MaxValue || (filter.MinAttempts == 0 && line.GetResult(_attempts) is { Implicit: false }))
            mistakes.Add($"--min-attempts: must be from 1 to {byte.MaxValue}, got {filter.MinAttempts}.");
        if (filter.Text is { Length: 0 })
            mistakes.Add("--text: must not be empty.");
        mistakes.ForEach(Console.Error.WriteLine);
        return mistakes.Count == 0 ? filter : null;

        List<T> Read<T>(Option<string[]> option, TryRead<T> tryRead, IEnumerable<string> known, string isWhat)
        {
            var values = new List<T>();
            foreach (var text in Values(line, option))
            {
                if (tryRead(text, out var value))
                    values.Add(value);
                else
                    mistakes.Add($"{option.Name}: '{text}' is {isWhat}.{Topology.DidYouMean.Among(text, [.. known])}");
            }

            return values;
        }

        TimeSpan? AgeOf(Option<string?> option)
        {
            if (line.GetValue(option) is not { } text)
                return null;
            if (AgeText.TryParse(text, out var age))
                return age;
            mistakes.Add($"{option.Name}: '{text}' is no age. Write it as 7d, 12h, 30m or 45s.");
            return null;
        }
    }

    private delegate bool TryRead<T>(string text, out T value);

    private static bool TrySource(string text, out string source)
    {
        source = text;
        return text.Length > 0;
    }

    private static bool TryStage(string text, out string stage)
    {
        stage = text;
        return LetterStage.Names.Contains(text);
    }

    private static Option<string[]> Several(string name, string description, string value) => new(name) { Description = description, HelpName = value, DefaultValueFactory = _ => [] };

    private static Option<string?> One(string name, string description, string value) => new(name) { Description = description, HelpName = value };
}
