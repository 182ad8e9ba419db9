using System.CommandLine;
using Atlas.Pipeline.Check;
using Atlas.Pipeline.Migrate;

namespace Atlas.Pipeline.Host.Commands;

/// <summary>Which legacy databases a command is about, and how their rows are to be read.</summary>
internal sealed class LegacyArguments
{
    /// <summary>Their number is stored in a byte.</summary>
    private const int MostFiles = 254;

    private readonly Argument _argument;
    private readonly Func<ParseResult, string[]> _files;
    private readonly Option<string> _zone = new("--timezone") { Description = "Where the machine stood that wrote the times, as Europe/Berlin; they do not say so themselves.", HelpName = "ZONE", DefaultValueFactory = _ => "UTC" };
    private readonly Option<string?> _pipeline = new("--pipeline") { Description = "The pipeline that will run: its normalize and classify settings decide what is one resource and what is refused.", HelpName = "PIPELINE.yaml" };

    private LegacyArguments(Argument argument, Func<ParseResult, string[]> files) => (_argument, _files) = (argument, files);

    public static LegacyArguments Many()
    {
        var files = new Argument<string[]>("LEGACY.db") { Description = "The legacy databases: all of them, as rows of one page may be spread.", Arity = ArgumentArity.OneOrMore };
        return new LegacyArguments(files, line => line.GetValue(files)!);
    }

    public static LegacyArguments One()
    {
        var file = new Argument<string>("LEGACY.db") { Description = "The database. The old program must not be running." };
        return new LegacyArguments(file, line => [line.GetValue(file)!]);
    }

    public void AddTo(Command command)
    {
        command.Add(_argument);
        command.Add(_zone);
        command.Add(_pipeline);
    }

    /// <summary>Null when something is not as it must be, which has been said on stderr: databases, zone and pipeline, all at once.</summary>
    /// <param name="line">As it was given.</param>
    /// <param name="mustBeThere">Whether each database has to be; one that is put back may be gone.</param>
    public LegacyToRead? Read(ParseResult line, bool mustBeThere = true)
    {
        var (files, zone) = (_files(line), line.GetValue(_zone)!);
        var mistakes = new List<string>();
        if (files.Length > MostFiles)
            mistakes.Add($"{files.Length} databases are more than the {MostFiles} that are taken at once.");
        if (mustBeThere)
            mistakes.AddRange(files.Where(file => !File.Exists(file)).Select(file => Directory.Exists(file) ? $"{file} is a directory, not a database." : $"There is no file {file}."));
        mistakes.AddRange(files.Where((file, number) => Array.FindIndex(files, other => IsSame(file, other)) < number).Select(file => $"{file} is given twice."));
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(zone, out _))
            mistakes.Add($"--timezone: this machine knows no zone '{zone}'. Write it as Europe/Berlin or UTC.");
        foreach (var mistake in mistakes)
            Console.Error.WriteLine(mistake);
        return TryRules(line.GetValue(_pipeline), out var rules) && mistakes.Count == 0 ? new LegacyToRead(files, rules, zone) : null;
    }

    /// <summary>Whether two paths lead to one file, whichever way.</summary>
    public static bool IsSame(string one, string other) =>
        Path.GetFullPath(one) == Path.GetFullPath(other) || (FileIdentity.OfPath(one) is { } identity && identity == FileIdentity.OfPath(other));

    /// <summary>The rules of a pipeline's file; false when it has mistakes, which have been said.</summary>
    private static bool TryRules(string? file, out KeyRules? rules)
    {
        rules = null;
        if (file is null)
            return true;

        // Of its state directory nothing is used here, so that a file without one will do.
        if (PipelineFile.Read(file, [], state: ".") is not { } pipeline)
            return false;
        rules = KeyRules.Of(pipeline);
        return true;
    }
}

/// <summary>Legacy databases, and how their rows are read.</summary>
/// <param name="Files">As they were given.</param>
/// <param name="Rules">Of the pipeline that was named; null for none.</param>
/// <param name="TimeZone">Of times that do not say.</param>
internal sealed record LegacyToRead(IReadOnlyList<string> Files, KeyRules? Rules, string TimeZone)
{
    public MigrationSettings Settings => new(Rules ?? KeyRules.Default, TimeZone);
}
