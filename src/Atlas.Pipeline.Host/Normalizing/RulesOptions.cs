using System.CommandLine;
using Atlas.Urls;

namespace Atlas.Pipeline.Host.Normalizing;

/// <summary>The options with which a command lets its user choose canonicalization rules.</summary>
/// <param name="foldsScheme">Whether http and https are one unless a file says otherwise.</param>
internal sealed class RulesOptions(bool foldsScheme)
{
    private readonly Option<string?> _rules = new("--rules") { Description = "A YAML file with the settings of a normalize stage, or a pipeline that has one." };
    private readonly Option<bool> _foldScheme = new("--fold-scheme") { Description = "http and https on their default ports are one." };
    private readonly Option<bool> _foldWww = new("--fold-www") { Description = "www.example.org and example.org are one." };
    private readonly Option<bool> _trailingSlash = new("--trailing-slash") { Description = "/a/ and /a are one." };
    private readonly Option<bool> _sessionIds = new("--session-ids") { Description = "Drop session ids from query and path." };
    private readonly Option<bool> _schemeless = new("--schemeless") { Description = "Read example.org/a and //example.org as http." };

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _rules, _foldScheme, _foldWww, _trailingSlash, _sessionIds, _schemeless })
            command.Options.Add(option);
    }

    /// <summary>The rules of <c>--rules</c> with what the switches add, or null after every mistake has been written to stderr.</summary>
    public CanonicalizationRules? Read(ParseResult line) => Read(line.GetValue(_rules), line);

    /// <summary>The same for a file that was named elsewhere.</summary>
    public CanonicalizationRules? Read(string? file, ParseResult line) => RulesFile.Read(file, foldsScheme) is { } rules
        ? rules with
        {
            FoldScheme = rules.FoldScheme || line.GetValue(_foldScheme),
            FoldWww = rules.FoldWww || line.GetValue(_foldWww),
            FoldTrailingSlash = rules.FoldTrailingSlash || line.GetValue(_trailingSlash),
            DropSessionIds = rules.DropSessionIds || line.GetValue(_sessionIds),
            AcceptSchemeless = rules.AcceptSchemeless || line.GetValue(_schemeless),
        }
        : null;
}
