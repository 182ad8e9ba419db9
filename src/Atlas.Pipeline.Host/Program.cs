using System.CommandLine;
using Atlas.Pipeline;
using Atlas.Pipeline.Fetch;
using Atlas.Pipeline.Host;
using Atlas.Pipeline.Host.Commands;
using Atlas.Pipeline.Pressure;

Console.SetError(StandardError.Open());
Console.SetOut(new StreamWriter(StandardOutput.Open()) { AutoFlush = true });
var atlas = new RootCommand("Turns a firehose of URLs into exactly one fetched, stored document each.")
{
    RunCommand.Create(new Seams { Resources = new ResourceProbe(HandleReserve.Look).Read }),
    ValidateCommand.Create(),
    GraphCommand.Create(),
    NormalizeCommand.Create(),
    ExplainCommand.Create(),
    CheckCommand.Create(),
    DuplicatesCommand.Create(),
    DlqCommand.Create(new Seams()),
    ExportCommand.Create(),
    FsckCommand.Create(),
    PackCommand.Create(),
    MigrateCommand.Create(),
};
var line = atlas.Parse(args);

// The command line's own answer to a signal is to leave after two seconds; a drain has a deadline of its own.
var invocation = new InvocationConfiguration { ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false };
try
{
    var exit = await line.InvokeAsync(invocation);
    return line.Errors.Count == 0 ? exit : ExitCode.Usage;
}
catch (ReaderGoneException)
{
    return ExitCode.ReaderGone;
}
catch (Exception error)
{
    // What a command has no better words for is mostly a standard output that is full or closed; anything else is a bug, and whoever mends it wants all of it.
    Console.Error.WriteLine(error is IOException or UnauthorizedAccessException ? error.Message : $"This is a bug; please report it. {error}");
    return ExitCode.Failed;
}
