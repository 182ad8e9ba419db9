using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Atlas.Pipeline.Graph;

/// <summary>What this machine lacks (handles, memory, a network): while fetches fail by it, no more are begun than show whether it is over, and nothing new is taken in.</summary>
/// <remarks>Any thread may call. Every failure moves the ends of both pauses; who waits looks again when the end that it knew has come.</remarks>
internal sealed partial class LocalTrouble(Seams seams)
{
    /// <summary>How long after a failure no item is sent to be fetched.</summary>
    public static readonly TimeSpan WorkPause = TimeSpan.FromSeconds(1);

    /// <summary>How long after a failure no line is taken in.</summary>
    public static readonly TimeSpan IntakePause = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, long> _failures = new(StringComparer.Ordinal);
    private readonly ILogger _log = seams.Logs.CreateLogger("Atlas.Pipeline.Graph");

    /// <summary>UTC ticks of the last failure; 0 while there is no trouble.</summary>
    private long _last;

    /// <summary>Fetches that failed in this run by what the machine lacks, by reason.</summary>
    public IReadOnlyDictionary<string, long> Failures => _failures;

    /// <summary>Whether lines wait for it.</summary>
    public bool IsPaused => Left(IntakePause) > TimeSpan.Zero;

    /// <summary>Looks at what became of an item.</summary>
    public void Note(Verdict verdict)
    {
        if (verdict.Reason.Class != ErrorClass.Local)
            return;
        _failures.AddOrUpdate(verdict.Reason.Name, 1, static (_, count) => count + 1);
        if (Interlocked.Exchange(ref _last, seams.Time.GetUtcNow().UtcTicks) == 0)
            LogPaused(verdict.Reason.Name, verdict.Detail);
    }

    /// <summary>Lets something pass, when nothing has failed for so long.</summary>
    /// <param name="pause">One of the two pauses.</param>
    /// <param name="leave">Ends the waiting.</param>
    /// <returns>False when it was ended.</returns>
    public ValueTask<bool> PassAsync(TimeSpan pause, CancellationToken leave) =>
        Interlocked.Read(ref _last) == 0 ? new ValueTask<bool>(true) : WaitAsync(pause, leave);

    private async ValueTask<bool> WaitAsync(TimeSpan pause, CancellationToken leave)
    {
        try
        {
            while (Left(pause) is var left && left > TimeSpan.Zero)
                await Task.Delay(left, seams.Time, leave);
        }
        catch (OperationCanceledException) when (leave.IsCancellationRequested)
        {
            return false;
        }

        var last = Interlocked.Read(ref _last);
        if (last != 0 && !IsPaused && Interlocked.CompareExchange(ref _last, 0, last) == last)
            LogResumed();
        return true;
    }

    private TimeSpan Left(TimeSpan pause)
    {
        var last = Interlocked.Read(ref _last);
        return last == 0 ? TimeSpan.Zero : new TimeSpan(last) + pause - new TimeSpan(seams.Time.GetUtcNow().UtcTicks);
    }

    [LoggerMessage(202, LogLevel.Warning, "This machine lacks something, {Reason}: {Detail} URLs that failed by it stay queued with all their attempts, and nothing new is taken in until it is over.")]
    private partial void LogPaused(string reason, string detail);

    [LoggerMessage(203, LogLevel.Warning, "What this machine lacked is there again; it goes on.")]
    private partial void LogResumed();
}
