using System.CommandLine;
using System.Runtime.CompilerServices;
using Atlas.Faults;
using Atlas.Pipeline;
using Atlas.Pipeline.Host.Commands;
using Atlas.Pipeline.Ledger;

// The real `atlas run` and `atlas dlq`, on a machine that kills it at a point (ATLAS_KILL=point:count) or whose disk hangs (ATLAS_HANG=operation:part of the name:count, and then makes the file ATLAS_HUNG).
// ATLAS_ACKNOWLEDGED names a file that says how many rows it has made durable.
RuntimeHelpers.RunClassConstructor(typeof(SqlConnection).TypeHandle);
var points = new CrashPoints(KillSwitch.Parse(Environment.GetEnvironmentVariable("ATLAS_KILL")), Environment.GetEnvironmentVariable("ATLAS_ACKNOWLEDGED"));
IFileWatch watch = Environment.GetEnvironmentVariable("ATLAS_HANG") is { Length: > 0 } hang ? HangingFiles.Parse(hang, Environment.GetEnvironmentVariable("ATLAS_HUNG")) : points;
SqlTrace.Start(points.Begins, points.Ends);
using var files = SqliteFiles.Watch(args[Array.IndexOf(args, "--state") + 1], watch);
var seams = new Seams
{
    Disk = new WatchedDisk(watch),
    Scheduler = new WatchedScheduler(points.Read, points.Stage),
    // What a checkpoint of the dedup index may take: nothing else waits two minutes.
    Time = new WatchedTime(TimeSpan.FromMinutes(2), points.IndexCheckpoint),
};
return await new RootCommand("atlas under faults") { RunCommand.Create(seams), DlqCommand.Create(seams) }.Parse(args)
    .InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
