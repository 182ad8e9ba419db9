using System.CommandLine;
using Atlas.Pipeline.Host;
using Atlas.Pipeline.Host.Commands;

Console.SetError(StandardError.Open());
var atlas = new RootCommand("Turns a firehose of URLs into exactly one fetched, stored document each.")
{
    RunCommand.Create(),
    ValidateCommand.Create(),
    GraphCommand.Create(),
    NormalizeCommand.Create(),
    ExplainCommand.Create(),
};
var line = atlas.Parse(args);

// The command line's own answer to a signal is to leave after two seconds; a drain has a deadline of its own.
var invocation = new InvocationConfiguration { ProcessTerminationTimeout = null };
if (line.Errors.Count == 0)
    return await line.InvokeAsync(invocation);

await line.InvokeAsync(invocation);
return ExitCode.Usage;
