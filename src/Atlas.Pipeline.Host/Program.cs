using System.CommandLine;

var atlas = new RootCommand("Turns a firehose of URLs into exactly one fetched, stored document each.");
var line = atlas.Parse(args);
if (line.Errors.Count == 0)
    return await line.InvokeAsync();

await line.InvokeAsync();
return Atlas.Pipeline.Host.ExitCode.Usage;
