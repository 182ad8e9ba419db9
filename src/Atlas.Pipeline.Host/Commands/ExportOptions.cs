using System.CommandLine;
using Atlas.Pipeline.Export;

namespace Atlas.Pipeline.Host.Commands;

/// <summary>The options of <c>atlas export</c>.</summary>
internal sealed class ExportOptions
{
    private readonly Option<string> _format = new("--format") { Description = "jsonl (default), csv or warc.", DefaultValueFactory = _ => "jsonl" };
    private readonly Option<string?> _out = new("--out") { Description = "A file; for warc a directory, or a file whose name ends in .warc or .warc.gz. stdout unless given. What is not whole yet has .open behind its name.", HelpName = "PATH" };
    private readonly Option<bool> _force = new("--force") { Description = "Replaces what an earlier export has left there." };
    private readonly Option<bool> _noBodies = new("--no-bodies") { Description = "jsonl: without bodies, which are not read or checked then." };
    private readonly Option<bool> _versions = new("--versions") { Description = "Also what documents were before they changed (refetch_after of fetch), the oldest first, in front of what they are." };
    private readonly Option<string?> _compress = new("--compress") { Description = "warc: gzip (a member for each record; default) or none.", HelpName = "gzip|none" };
    private readonly Option<long> _maxFileBytes = new("--max-file-bytes") { Description = "warc in a directory: a file of so many bytes takes no further document, and the next one begins. 1,000,000,000 by default.", DefaultValueFactory = _ => 1_000_000_000, HelpName = "BYTES" };
    private readonly Option<string?> _prefix = new("--prefix") { Description = "warc in a directory: what names begin with, as in PREFIX-00000.warc.gz; the pipeline's name by default.", HelpName = "NAME" };
    private readonly Option<string[]> _host = Several("--host", "Only URLs of this host: example.org (every port), example.org:8080, or *.example.org for its subdomains. The host that was asked for, not the one redirected to.", "HOST");
    private readonly Option<string[]> _source = Several("--source", "Only what this source of the pipeline brought.", "NAME");
    private readonly Option<string[]> _contentType = Several("--content-type", "Only types that begin so, as text/ or application/pdf.", "TYPE");
    private readonly Option<int[]> _status = new("--status") { Description = "Only this status. Of this and every other choice several may be given: any of them will do.", HelpName = "CODE", DefaultValueFactory = _ => [] };
    private readonly Option<string?> _since = new("--since") { Description = "Only what was fetched then or later: 2026-01-31 or 2026-01-31T10:00:00Z; UTC unless it says otherwise.", HelpName = "TIME" };
    private readonly Option<string?> _until = new("--until") { Description = "Only what was fetched before.", HelpName = "TIME" };

    public void AddTo(Command command)
    {
        _format.AcceptOnlyFromAmong("jsonl", "csv", "warc");
        _compress.AcceptOnlyFromAmong("gzip", "none");
        foreach (Option option in new Option[] { _format, _out, _force, _noBodies, _versions, _compress, _maxFileBytes, _prefix, _host, _since, _until, _source, _status, _contentType })
            command.Add(option);
    }

    /// <summary>What is wanted, or null after every mistake has been written to stderr.</summary>
    public WantedExport? Read(ParseResult line)
    {
        List<string> mistakes = [];
        var format = line.GetValue(_format)!;
        var path = line.GetValue(_out) is { } given && given != "-" ? given : null;
        var hosts = new List<string>();
        foreach (var text in line.GetValue(_host)!)
        {
            if (DocumentFilter.TryParseHost(text, out var host))
                hosts.Add(host);
            else
                mistakes.Add($"--host: '{text}' is no host. Write one as example.org, example.org:8080 or *.example.org.");
        }

        var wanted = new WantedExport
        {
            Format = format,
            Out = path,
            Replaces = line.GetValue(_force),
            WithBodies = !line.GetValue(_noBodies),
            WithVersions = line.GetValue(_versions),
            Compresses = (line.GetValue(_compress) ?? (path?.EndsWith(".warc", StringComparison.OrdinalIgnoreCase) == true ? "none" : "gzip")) == "gzip",
            MaxFileBytes = line.GetValue(_maxFileBytes),
            Prefix = line.GetValue(_prefix),
            Filter = new DocumentFilter
            {
                Hosts = hosts,
                Sources = line.GetValue(_source)!,
                Statuses = line.GetValue(_status)!,
                ContentTypes = line.GetValue(_contentType)!,
                Since = MomentText.Read("--since", line.GetValue(_since), mistakes),
                Until = MomentText.Read("--until", line.GetValue(_until), mistakes),
            },
        };
        if (wanted.Prefix is { } prefix && (prefix.Length == 0 || prefix != Path.GetFileName(prefix)))
            mistakes.Add($"--prefix: '{prefix}' must be the beginning of a file's name.");
        if (wanted.MaxFileBytes < 1)
            mistakes.Add("--max-file-bytes: must be at least 1.");
        if (format != "warc")
            mistakes.AddRange(new Option[] { _compress, _maxFileBytes, _prefix }.Where(option => line.GetResult(option) is { Implicit: false }).Select(option => $"{option.Name} is for --format warc."));
        if (format != "jsonl" && !wanted.WithBodies)
            mistakes.Add(format == "csv" ? "--no-bodies is for --format jsonl; csv never has bodies." : "--no-bodies is for --format jsonl.");
        if (format == "warc" && path is null && !Console.IsOutputRedirected)
            mistakes.Add("An archive is nothing for a terminal: give --out, or redirect stdout.");
        mistakes.ForEach(Console.Error.WriteLine);
        return mistakes.Count == 0 ? wanted : null;
    }

    private static Option<string[]> Several(string name, string description, string value) => new(name) { Description = description, HelpName = value, DefaultValueFactory = _ => [] };
}
