namespace Atlas.Pipeline.Host;

/// <summary>Ends the process some seconds after a run has begun to leave, whatever hangs: the reader of a pipe stands still, a disk does not answer.</summary>
/// <remarks>Nothing is lost by it: what is committed is durable, and the rest was never acknowledged. It is made for the time between the abort and the end of the process, so nobody stops it.</remarks>
internal sealed class ExitDeadline(TimeProvider time) : IDisposable
{
    /// <summary>More than a run waits for what is inside, so that its report is written whenever that is possible.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);

    private static readonly TimeSpan PatienceForWords = TimeSpan.FromSeconds(1);

    private ITimer? _timer;

    /// <summary>Starts the time; once.</summary>
    /// <param name="code">The exit code, asked for when the time is over.</param>
    public void Start(Func<int> code) =>
        _timer ??= time.CreateTimer(
            _ =>
            {
                // Whoever reads stderr may stand still too.
                Task.Run(() => Console.Error.WriteLine("Something did not come to its end in time; leaving without it.")).Wait(PatienceForWords);
                Environment.Exit(code());
            },
            null,
            Patience,
            Timeout.InfiniteTimeSpan);

    public void Dispose() => _timer?.Dispose();
}
