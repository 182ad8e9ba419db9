using System.CommandLine;

namespace Atlas.Pipeline.Host.Commands;

/// <summary>The command as it was given, with one option of another value: what to type next.</summary>
internal static class CommandAgain
{
    public static string Of(ParseResult line, Option option, string value)
    {
        var words = line.Tokens.Select(token => token.Value).ToList();
        var at = words.IndexOf(option.Name);
        if (at >= 0)
            words.RemoveRange(at, 2);
        return string.Join(' ', words.Prepend("atlas").Append(option.Name).Append(value).Select(ShellWord.Of));
    }
}
