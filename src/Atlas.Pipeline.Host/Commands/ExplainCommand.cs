using System.CommandLine;
using System.Text;
using Atlas.Pipeline.Host.Normalizing;
using Atlas.Urls;

namespace Atlas.Pipeline.Host.Commands;

/// <summary><c>atlas explain</c>: the way of one URL to its key, rule by rule.</summary>
internal static class ExplainCommand
{
    public static Command Create()
    {
        var url = new Argument<string>("URL") { Description = "The URL as it would stand in a line." };
        var options = new RulesOptions(foldsScheme: true);
        var command = new Command("explain", "Says by which rules a URL becomes its canonical form, and what is known by it. User names and passwords are not shown.") { url };
        options.AddTo(command);
        command.SetAction(line =>
        {
            if (options.Read(line) is not { } rules)
                return ExitCode.Usage;
            Explain(line.GetValue(url)!, rules, Console.Out);
            return ExitCode.Done;
        });
        return command;
    }

    private static void Explain(string url, CanonicalizationRules rules, TextWriter output)
    {
        var steps = CanonicalizationTrace.Of(url, rules, out var error);
        output.WriteLine(Redaction.Of(url));
        if (error != CanonicalizationError.None)
        {
            output.WriteLine($"  has no canonical form: {Encoding.ASCII.GetString(CanonicalizationErrorNames.Of(error))}. A pipeline makes it a dead letter, malformed.");
            return;
        }

        foreach (var step in steps)
            output.WriteLine($"  {(step.Detail.Length > 0 ? $"{step.Rule}: {step.Detail}" : step.Rule)}\n    {Redaction.Of(step.Url)}");

        var canonical = steps.Count > 0 ? steps[^1].Url : url;
        var bytes = Encoding.UTF8.GetBytes(canonical);
        var host = HostKey.Of(bytes);
        output.WriteLine($"canonical form  {Redaction.Of(canonical)}{(steps.Count == 0 ? " (as given)" : "")}");
        output.WriteLine($"content id      {ContentId.ToHex(ContentId.Of(bytes))}");
        if (host.Length == 0)
        {
            output.WriteLine("not fetched     Only http and https are; a pipeline makes it a dead letter whatever its rules say.");
            return;
        }

        output.WriteLine($"host            {host}");
        var name = host.LastIndexOf(':') is var colon and > 0 && host[^1] != ']' ? host[..colon] : host;
        if (Encoding.ASCII.GetString(RegistrableDomain.Of(Encoding.ASCII.GetBytes(name))) is { Length: > 0 } domain)
            output.WriteLine($"domain          {domain}");
    }
}
