using System.CommandLine;
using Atlas.Pipeline.Host.Commands;

var atlas = new RootCommand("Turns a firehose of URLs into exactly one fetched, stored document each.")
{
    RunCommand.Create(),
    ValidateCommand.Create(),
    GraphCommand.Create(),
    NormalizeCommand.Create(),
    ExplainCommand.Create(),
};
var line = atlas.Parse(args);
if (line.Errors.Count == 0)
    return await line.InvokeAsync();

await line.InvokeAsync();
return Atlas.Pipeline.Host.ExitCode.Usage;
