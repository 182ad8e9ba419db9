using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Buffer;

/// <summary>Moves admitted URLs from the ledger through the buffer into the work chain, and takes them back at its end.</summary>
/// <remarks>
/// One loop (<see cref="RunAsync"/>) refills, takes, claims and sends; any thread may settle or end the intake, which only change counters and raise the loop's signal.
/// Nothing of an item is known when the process dies while it is leased, so only what can be fetched soon is claimed: twice as many as fetch works on at once, those included. What comes to no end gets its attempt back:
/// from here when the run ends, from the ledger's next start after a crash. Crashes are counted apart; the rule for a URL that causes them is in <see cref="Suspects"/> and <see cref="RetryPolicy.MostLosses"/>.
/// An item counts as in flight from being taken until it is settled. A settled item is back in the buffer before it stops counting, so "nothing in flight, nothing buffered" is never seen while one is on its way back.
/// </remarks>
internal sealed class Frontier(BufferOptions options, HostLimits limits, ILedger ledger, Seams seams)
{
    private const int MostPerRefill = 1_024;

    private static readonly TimeSpan LongestSleep = TimeSpan.FromHours(1);

    private readonly PriorityBuffer _buffer = new(options, limits, seams.Time);
    private readonly RetryPolicy _retries = new(options, new Random(seams.Seed));
    private readonly Lock _retriesGate = new();
    private readonly Signal _signal = new();

    /// <summary>What a start found unfinished beyond the capacity; the loop's own.</summary>
    private readonly Queue<WorkItem> _surplus = new();

    private readonly Suspects _suspects = new();
    private int _surplusCount;
    private int _inFlight;
    private int _toFetch;
    private int _fetchers;
    private volatile bool _intakeEnded;
    private volatile Exception? _failure;

    /// <summary>Items held in memory and waiting: those in the buffer and those that a start found unfinished beyond its capacity or under suspicion.</summary>
    public long Buffered => _buffer.Count + Volatile.Read(ref _surplusCount) + _suspects.Count;

    /// <summary>Items taken and not yet settled.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>Offers items until there are none left after <see cref="EndIntake"/>, or until <paramref name="stop"/>; completes when nothing is in flight any more. Faults with whatever the ledger fails with. Called once.</summary>
    /// <param name="send">Hands an item to the work chain; false means refused for good.</param>
    /// <param name="fetchers">Items that are fetched at the same time, from 1.</param>
    /// <param name="mostInFlight">Items in the work chain at the same time, from 1.</param>
    /// <param name="stop">Takes nothing new from then on. What is in flight is not touched by it.</param>
    public async Task RunAsync(Func<Verdict, Task<bool>> send, int fetchers, int mostInFlight, CancellationToken stop)
    {
        _fetchers = fetchers;
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

    /// <summary>The item has left fetch, whatever became of it: another one may be claimed.</summary>
    public void Fetched(WorkItem item)
    {
        if (!item.AwaitsFetch)
            return;
        item.AwaitsFetch = false;
        Interlocked.Decrement(ref _toFetch);
        _signal.Raise();
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
        var isSuspect = Suspects.Is(item);
        if (verdict.Fate != Fate.Forward)
        {
            item.Document?.Dispose();
            item.Document = null;
        }

        try
        {
            switch (verdict.Fate)
            {
                case Fate.Forward:
                    _buffer.Finished(item);
                    break;
                case Fate.Interrupted:
                    // Not offered again: whatever interrupts ends the run.
                    await ledger.ReleaseAsync(item);
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
            if (isSuspect)
                _suspects.Settled();
            Fetched(item);
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
            var isIdle = InFlight == 0;
            var free = Free(mostInFlight);
            MoveSurplus();
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
            if (intakeEnded && isIdle && Buffered == 0 && ledger.Backlog == 0)
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
                Hold(item, harmful);
            }
        }

        if (harmful.Count > 0)
        {
            // The ledger gives up leased items only.
            await ledger.ClaimAsync(harmful);
            foreach (var item in harmful)
                await ledger.DeadLetterAsync(item, Reason.KilledTheProcess, $"The process died {item.Lost} times in a row while the URL was being fetched.");
        }

        MoveSurplus();
    }

    private void Hold(WorkItem item, List<WorkItem> harmful)
    {
        if (RetryPolicy.KilledTheProcess(item))
        {
            harmful.Add(item);
        }
        else if (Suspects.Is(item))
        {
            var rested = seams.Time.GetUtcNow() + _retries.Rest(item.Lost);
            item.DueAt = item.DueAt > rested ? item.DueAt : rested;
            _suspects.Add(item);
        }
        else
        {
            _surplus.Enqueue(item);
        }
    }

    /// <summary>How many items may be claimed now. A claim is a commit, so that none is made before there is room for half a prefetch.</summary>
    private int Free(int mostInFlight)
    {
        var toFetch = Volatile.Read(ref _toFetch);
        return toFetch > _fetchers + (_fetchers / 2) ? 0 : Math.Min((2 * _fetchers) - toFetch, mostInFlight - InFlight);
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
        var moved = _suspects.MoveInto(_buffer, _fetchers);
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
        while (group.Count < most && !stop.IsCancellationRequested && _buffer.TryTake(out var item))
        {
            item.AwaitsFetch = true;
            group.Add(item);
        }

        Interlocked.Add(ref _inFlight, group.Count);
        Interlocked.Add(ref _toFetch, group.Count);
        return group;
    }

    private async Task SendAsync(List<WorkItem> group, Func<Verdict, Task<bool>> send, CancellationToken stop)
    {
        // Set absolutely, whether or not the ledger counts in the item it is given.
        var attempts = group.ConvertAll(item => item.Attempt + 1);
        await ledger.ClaimAsync(group);
        var unsent = new List<Task>();
        for (var i = 0; i < group.Count; i++)
        {
            group[i].Attempt = attempts[i];
            if (!stop.IsCancellationRequested && await send(Verdict.Forward(group[i])))
                continue;
            if (!stop.IsCancellationRequested)
                throw new InvalidOperationException($"The work chain refused item {group[i].Sequence} while the run was going on.");
            unsent.Add(SettleAsync(Verdict.Interrupted(group[i])));
        }

        await Task.WhenAll(unsent);
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

        if (decision.IsRelease)
        {
            // The due time is memory alone: whoever starts again may try at once. The process has outlived the fetch, so it is no suspect any more.
            var before = item.Attempt - 1;
            await ledger.ReleaseAsync(item);
            (item.Attempt, item.Lost, item.DueAt) = (before, 0, decision.DueAt);
            _buffer.PutBack(item);
            return;
        }

        // Before the commit is waited for, as other items of the host could be taken meanwhile.
        if (decision.HostWaitsUntil is { } until)
            _buffer.HostWaits(item.HostKey, until);

        var (attempt, deferrals) = decision.CountsAsAttempt ? (item.Attempt, item.Deferrals) : (item.Attempt - 1, item.Deferrals + 1);
        await ledger.RetryAsync(item, verdict.Reason, verdict.Detail, decision.DueAt, decision.CountsAsAttempt);
        (item.Attempt, item.Lost, item.Deferrals, item.DueAt) = (attempt, 0, deferrals, decision.DueAt);
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
