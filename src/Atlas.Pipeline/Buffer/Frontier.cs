using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Buffer;

/// <summary>Moves admitted URLs from the ledger through the buffer into the work chain, and takes them back at its end.</summary>
/// <remarks>
/// One loop (<see cref="RunAsync"/>) refills, takes, claims and sends; any thread may settle or end the intake, which only change counters and raise the loop's signal.
/// An item counts as in flight from being taken until it is settled. A settled item is back in the buffer before it stops counting, so "nothing in flight, nothing buffered" is never seen while one is on its way back.
/// </remarks>
internal sealed class Frontier(BufferOptions options, HostLimits limits, ILedger ledger, Seams seams)
{
    private const int MostPerRefill = 1_024;

    /// <summary>Claimed items that the work chain has no room for yet have left the order of the buffer, so they are kept few.</summary>
    private const int MostPerClaim = 256;

    private static readonly TimeSpan LongestSleep = TimeSpan.FromHours(1);

    private readonly PriorityBuffer _buffer = new(options, limits, seams.Time);
    private readonly RetryPolicy _retries = new(options, new Random(seams.Seed));
    private readonly Lock _retriesGate = new();
    private readonly Signal _signal = new();

    /// <summary>What a start found unfinished beyond the capacity; the loop's own.</summary>
    private readonly Queue<WorkItem> _surplus = new();

    private int _surplusCount;
    private int _inFlight;
    private volatile bool _intakeEnded;
    private volatile Exception? _failure;

    /// <summary>Items held in memory and waiting: those in the buffer and those that a start found unfinished beyond its capacity.</summary>
    public long Buffered => _buffer.Count + Volatile.Read(ref _surplusCount);

    /// <summary>Items taken and not yet settled.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>Offers items until there are none left after <see cref="EndIntake"/>, or until <paramref name="stop"/>; completes when nothing is in flight any more. Faults with whatever the ledger fails with. Called once.</summary>
    /// <param name="send">Hands an item to the work chain; false means refused for good.</param>
    /// <param name="mostInFlight">Items in the work chain at the same time, from 1.</param>
    /// <param name="stop">Takes nothing new from then on. What is in flight is not touched by it.</param>
    public async Task RunAsync(Func<Verdict, Task<bool>> send, int mostInFlight, CancellationToken stop)
    {
        ledger.Admitted += _signal.Raise;
        await using var stopping = stop.Register(_signal.Raise);
        await using var alarm = seams.Time.CreateTimer(static signal => ((Signal)signal!).Raise(), _signal, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _ = ledger.Failure.ContinueWith(failed => Fail(failed.Exception!.GetBaseException()), CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        try
        {
            await HoldUnfinishedAsync();
            await PumpAsync(send, mostInFlight, alarm, stop);
        }
        finally
        {
            ledger.Admitted -= _signal.Raise;
        }
    }

    /// <summary>Nothing new will be admitted: everything is in the ledger's backlog, or in here.</summary>
    public void EndIntake()
    {
        _intakeEnded = true;
        _signal.Raise();
    }

    /// <summary>The end of the work chain: makes the verdict durable, frees the host's slot, and takes a retry back in. Throws what the ledger throws.</summary>
    public async Task SettleAsync(Verdict verdict)
    {
        var item = verdict.Item;
        if (verdict.Fate != Fate.Forward)
        {
            item.Document?.Dispose();
            item.Document = null;
        }

        try
        {
            switch (verdict.Fate)
            {
                case Fate.Forward or Fate.Interrupted:
                    _buffer.Finished(item);
                    break;
                case Fate.Retry:
                    await RetryAsync(verdict);
                    break;
                case Fate.DeadLetter:
                    await ledger.DeadLetterAsync(item, verdict.Reason, verdict.Detail);
                    _buffer.Finished(item);
                    break;
                default:
                    throw new InvalidOperationException($"Item {item.Sequence} reached the end of the work chain with fate {verdict.Fate}, which has no meaning there.");
            }
        }
        catch (Exception error)
        {
            Fail(error);
            throw;
        }
        finally
        {
            Interlocked.Decrement(ref _inFlight);
            _signal.Raise();
        }
    }

    private async Task PumpAsync(Func<Verdict, Task<bool>> send, int mostInFlight, ITimer alarm, CancellationToken stop)
    {
        while (true)
        {
            var changed = _signal.Arm();
            if (_failure is { } failure)
                throw failure;

            if (stop.IsCancellationRequested)
            {
                if (InFlight == 0)
                    return;
                await changed;
                continue;
            }

            // In this order: the intake's end is read before the backlog, and the flight before the buffer.
            var intakeEnded = _intakeEnded;
            var free = mostInFlight - InFlight;
            if (_buffer.Count <= _buffer.Capacity / 2)
                await RefillAsync();
            var group = Take(free, stop);
            if (group.Count > 0)
            {
                await SendAsync(group, send, stop);
                continue;
            }

            // Above the low watermark too, as all that is held may be waiting for hosts while the backlog knows others.
            if (free > 0 && await RefillAsync())
                continue;
            if (intakeEnded && free == mostInFlight && Buffered == 0 && ledger.Backlog == 0)
                return;

            // With all workers busy it is a settlement that is waited for, not a moment.
            if (free > 0 && _buffer.NextChange is { } next)
                SetAlarm(alarm, next);
            await changed;
        }
    }

    private async Task HoldUnfinishedAsync()
    {
        var harmful = new List<WorkItem>();
        while (await ledger.TakeUnfinishedAsync(MostPerRefill) is { Count: > 0 } items)
        {
            foreach (var item in items)
            {
                if (_retries.KilledTheProcess(item))
                    harmful.Add(item);
                else
                    _surplus.Enqueue(item);
            }
        }

        if (harmful.Count > 0)
        {
            // The ledger gives up leased items only.
            await ledger.ClaimAsync(harmful);
            foreach (var item in harmful)
                await ledger.DeadLetterAsync(item, Reason.KilledTheProcess, $"The process ended {options.MaxAttempts + 1} times or more while the URL was being fetched.");
        }

        MoveSurplus();
    }

    /// <summary>Fills the buffer up with at most one group; false if there was no room or nothing to take.</summary>
    private async Task<bool> RefillAsync()
    {
        if (MoveSurplus())
            return true;
        var room = Math.Min(_buffer.Capacity - _buffer.Count, MostPerRefill);
        if (room <= 0 || ledger.Backlog == 0)
            return false;

        var items = await ledger.TakeFromBacklogAsync(room);
        foreach (var item in items)
        {
            // A retry may have come back meanwhile and taken the room.
            if (!_buffer.TryAdd(item))
                _surplus.Enqueue(item);
        }

        Volatile.Write(ref _surplusCount, _surplus.Count);
        return items.Count > 0;
    }

    private bool MoveSurplus()
    {
        var moved = false;
        while (_surplus.TryPeek(out var item) && _buffer.TryAdd(item))
        {
            _surplus.Dequeue();
            moved = true;
        }

        Volatile.Write(ref _surplusCount, _surplus.Count);
        return moved;
    }

    private List<WorkItem> Take(int most, CancellationToken stop)
    {
        var group = new List<WorkItem>();
        while (group.Count < Math.Min(most, MostPerClaim) && !stop.IsCancellationRequested && _buffer.TryTake(out var item))
            group.Add(item);
        Interlocked.Add(ref _inFlight, group.Count);
        return group;
    }

    private async Task SendAsync(List<WorkItem> group, Func<Verdict, Task<bool>> send, CancellationToken stop)
    {
        // Set absolutely, whether or not the ledger counts in the item it is given.
        var attempts = group.ConvertAll(item => item.Attempt + 1);
        await ledger.ClaimAsync(group);
        for (var i = 0; i < group.Count; i++)
        {
            group[i].Attempt = attempts[i];
            if (await send(Verdict.Forward(group[i])))
                continue;
            if (!stop.IsCancellationRequested)
                throw new InvalidOperationException($"The work chain refused item {group[i].Sequence} while the run was going on.");
            await SettleAsync(Verdict.Interrupted(group[i]));
        }
    }

    private async Task RetryAsync(Verdict verdict)
    {
        var item = verdict.Item;
        RetryDecision decision;
        lock (_retriesGate)
            decision = _retries.Decide(verdict, seams.Time.GetUtcNow());

        if (decision.IsDead)
        {
            await ledger.DeadLetterAsync(item, verdict.Reason, verdict.Detail);
            _buffer.Finished(item);
            return;
        }

        // Before the commit is waited for, as other items of the host could be taken meanwhile.
        if (decision.HostWaitsUntil is { } until)
            _buffer.HostWaits(item.HostKey, until);

        var (attempt, deferrals) = decision.CountsAsAttempt ? (item.Attempt, item.Deferrals) : (item.Attempt - 1, item.Deferrals + 1);
        await ledger.RetryAsync(item, verdict.Reason, verdict.Detail, decision.DueAt, decision.CountsAsAttempt);
        (item.Attempt, item.Deferrals, item.DueAt) = (attempt, deferrals, decision.DueAt);
        _buffer.PutBack(item);
    }

    private void SetAlarm(ITimer alarm, DateTimeOffset at)
    {
        var pause = at - seams.Time.GetUtcNow();
        // Timers drop fractions of a millisecond, and would ring too early.
        pause = TimeSpan.FromMilliseconds(Math.Ceiling(Math.Max(0, pause.TotalMilliseconds)));
        alarm.Change(pause < LongestSleep ? pause : LongestSleep, Timeout.InfiniteTimeSpan);
    }

    private void Fail(Exception error)
    {
        _failure ??= error;
        _signal.Raise();
    }
}
