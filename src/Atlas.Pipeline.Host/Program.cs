using System.CommandLine;

var root = new RootCommand("Turns a firehose of URLs into exactly one fetched, stored document each.");
return await root.Parse(args).InvokeAsync();
