using Atlas.Pipeline.Hosts;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Buffer;

/// <summary>Moves admitted URLs from the ledger through the buffer into the work chain, and takes them back at its end.</summary>
/// <remarks>
/// One loop (<see cref="RunAsync"/>) refills, takes, claims and sends; any thread may settle or end the intake, which only change counters and raise the loop's signal.
/// Nothing of an item is known when the process dies while it is leased, so only what can be fetched soon is claimed: twice as many as fetch works on at once, those included. What comes to no end gets its attempt back:
/// from here when the run ends, from the ledger's next start after a crash. Crashes are counted apart; the rule for a URL that causes them is in <see cref="Suspects"/> and <see cref="RetryPolicy.MostLosses"/>.
/// An item counts as in flight from being taken until it is settled. A settled item is back in the buffer before it stops counting, so "nothing in flight, nothing buffered" is never seen while one is on its way back.
/// </remarks>
internal sealed class Frontier
{
    private static readonly TimeSpan LongestSleep = TimeSpan.FromHours(1);

    private readonly BufferOptions _options;
    private readonly ILedger _ledger;
    private readonly Seams _seams;
    private readonly PriorityBuffer _buffer;
    private readonly BufferFeed _feed;
    private readonly RetryPolicy _retries;
    private readonly Lock _retriesGate = new();
    private readonly Signal _signal = new();
    private readonly Suspects _suspects = new();
    private readonly DueDocuments _due;
    private int _inFlight;
    private int _toFetch;
    private int _fetchers;
    private Func<int, int>? _limit;
    private volatile bool _intakeEnded;
    private volatile TaskCompletionSource? _idleAsked;
    private volatile Exception? _failure;

    /// <param name="options">Sizes, patience and order.</param>
    /// <param name="hosts">When a host may be asked.</param>
    /// <param name="ledger">Where URLs come from, and where their fates go.</param>
    /// <param name="seams">Time and chance.</param>
    /// <param name="refetchAfter">How long after its last check a document is asked for again; null for never.</param>
    public Frontier(BufferOptions options, HostsOptions hosts, ILedger ledger, Seams seams, TimeSpan? refetchAfter = null)
    {
        (_options, _ledger, _seams) = (options, ledger, seams);
        _buffer = new PriorityBuffer(options, new HostGate(hosts, new Random(seams.Seed), ledger.HeldHosts()), seams.Time);
        _retries = new RetryPolicy(options, new Random(seams.Seed));
        _due = new DueDocuments(refetchAfter, ledger, seams.Time);
        _feed = new BufferFeed(options, _buffer, _suspects, _retries, _due, ledger, seams);
    }

    /// <summary>Settles an item whose host has sent us elsewhere; gives the item that is to be asked for in its place, if it is not settled for good.</summary>
    public Func<WorkItem, Task<WorkItem?>> Redirected { get; init; } = item => throw new InvalidOperationException($"Nobody settles the redirect of item {item.Sequence}.");

    /// <summary>Items held in memory and waiting: those in the buffer and those under suspicion.</summary>
    public long Buffered => _buffer.Count + _suspects.Count;

    /// <summary>Items taken from the backlog of which only the number is held.</summary>
    public long Remembered => _buffer.Remembered;

    /// <summary>Hosts that have URLs waiting, or that wait to be asked again.</summary>
    public int HostsKnown => _buffer.HostsKnown;

    /// <summary>When the first of what is held may be fetched; null when nothing is held, or all its hosts are busy.</summary>
    public DateTimeOffset? NextAt => _buffer.NextChange;

    /// <summary>Items taken and not yet settled.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>Offers items until there are none left after <see cref="EndIntake"/>, or until <paramref name="stop"/>; completes when nothing is in flight any more. Faults with whatever the ledger fails with. Called once.</summary>
    /// <param name="send">Hands an item to the work chain; false means refused for good.</param>
    /// <param name="fetchers">Items that are fetched at the same time, from 1.</param>
    /// <param name="mostInFlight">Items in the work chain at the same time, from 1.</param>
    /// <param name="stop">Takes nothing new from then on. What is in flight is not touched by it.</param>
    /// <param name="limit">How many of these may be fetched now, from 1, told how many are; all of them unless given.</param>
    public async Task RunAsync(Func<Verdict, Task<bool>> send, int fetchers, int mostInFlight, CancellationToken stop, Func<int, int>? limit = null)
    {
        (_fetchers, _limit) = (fetchers, limit);
        _ledger.Admitted += _signal.Raise;
        await using var stopping = stop.Register(_signal.Raise);
        await using var alarm = _seams.Time.CreateTimer(static signal => ((Signal)signal!).Raise(), _signal, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _ = _ledger.Failure.ContinueWith(failed => Fail(failed.Exception!.GetBaseException()), CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        try
        {
            await _feed.HoldUnfinishedAsync();
            await PumpAsync(send, mostInFlight, alarm, stop);
            await _feed.SaveHostsAsync();
        }
        finally
        {
            _ledger.Admitted -= _signal.Raise;
        }
    }

    /// <summary>The item has left fetch, whatever became of it: another one may be claimed, and one that was fetched has left its host.</summary>
    public void Fetched(Verdict verdict)
    {
        var item = verdict.Item;
        if (!item.AwaitsFetch)
            return;

        // A failure may be followed by a wait of its host: that is decided at the end of the chain, and the slot is kept until then.
        if (verdict.Fate is Fate.Forward or Fate.Redirect or Fate.Confirmed)
            _buffer.Ended(item, HostOutcome.Answered);
        item.AwaitsFetch = false;
        Interlocked.Decrement(ref _toFetch);
        _signal.Raise();
    }

    /// <summary>The item's request is being sent.</summary>
    public void Sending(WorkItem item) => _buffer.Sending(item);

    /// <summary>The head of an answer has come: the delay of the item's host begins.</summary>
    public void Answered(WorkItem item)
    {
        if (item.IsAnswered)
            return;
        _buffer.Answered(item);
        _signal.Raise();
    }

    /// <summary>Completes when, after this was called, nothing was in flight and nothing was left that this run will fetch. One may ask at a time; whoever asks again is answered in the place of the one before.</summary>
    public Task WhenIdle()
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _due.InputEnded();
        _idleAsked = asked;
        _signal.Raise();
        return asked.Task;
    }

    /// <summary>Nothing new will be admitted: everything is in the ledger's backlog, or in here.</summary>
    public void EndIntake()
    {
        _due.InputEnded();
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
                    _buffer.Ended(item, HostOutcomes.Of(verdict));
                    break;
                case Fate.Interrupted:
                    // Not offered again: whatever interrupts ends the run.
                    await _ledger.ReleaseAsync(item);
                    _buffer.Ended(item, HostOutcomes.Of(verdict));
                    break;
                case Fate.Retry:
                    await RetryAsync(verdict);
                    break;
                case Fate.Confirmed:
                    await _ledger.ConfirmAsync(item, item.Confirmed!);
                    _buffer.Ended(item, HostOutcomes.Of(verdict));
                    break;
                case Fate.Redirect:
                    _buffer.Ended(item, HostOutcomes.Of(verdict));
                    if (await Redirected(item) is { } again)
                        _buffer.Add(again);
                    break;
                case Fate.DeadLetter:
                    await _ledger.DeadLetterAsync(item, verdict.Reason, verdict.Detail);
                    _buffer.Ended(item, HostOutcomes.Of(verdict));
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
            Fetched(verdict);
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

            // In this order: the intake's end, or who asks, is read before the backlog, and the flight before the buffer.
            var intakeEnded = _intakeEnded;
            var asked = _idleAsked;
            var isIdle = InFlight == 0;
            var free = Free(mostInFlight);
            if (free > 0)
                await _feed.TopUpAsync(_fetchers);
            var group = Take(free, stop);
            if (group.Count > 0)
            {
                await SendAsync(group, send, stop);
                continue;
            }

            // Above the low watermark too, as all that is held may be waiting for hosts while the backlog knows others.
            if (free > 0 && await _feed.LookFurtherAsync())
                continue;
            var next = _buffer.NextChange;
            if (isIdle && (intakeEnded || asked is not null) && HasEnded(next))
            {
                if (intakeEnded)
                    return;
                asked!.TrySetResult();
            }

            // With all workers busy it is a settlement that is waited for, not a moment.
            if (free > 0 && Earlier(next, _due.NextLook) is { } moment)
                SetAlarm(alarm, moment);
            await changed;
        }
    }

    /// <summary>Whether the run is over once its intake is: nothing is left, or nothing that may be fetched in the time that the user will wait for it.</summary>
    private bool HasEnded(DateTimeOffset? next) =>
        (Buffered == 0 && Remembered == 0 && _ledger.Backlog == 0 && !_due.Any()) || (next is { } moment && moment - _seams.Time.GetUtcNow() > _options.EndWait);

    /// <summary>How many items may be claimed now. A claim is a commit, so that none is made before there is room for half a prefetch.</summary>
    /// <remarks>Below the most there is no prefetch, as whatever is claimed finds a free fetcher and begins at once: then a claim waits for room for a quarter of the limit.</remarks>
    private int Free(int mostInFlight)
    {
        var toFetch = Volatile.Read(ref _toFetch);
        if (_limit?.Invoke(toFetch) is { } limit && limit < _fetchers)
            return limit - toFetch < Math.Max(1, limit / 4) ? 0 : Math.Min(limit - toFetch, mostInFlight - InFlight);
        return toFetch > _fetchers + (_fetchers / 2) ? 0 : Math.Min((2 * _fetchers) - toFetch, mostInFlight - InFlight);
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
        await _ledger.ClaimAsync(group);
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
            decision = _retries.Decide(verdict, _seams.Time.GetUtcNow());

        if (decision.IsDead)
        {
            await _ledger.DeadLetterAsync(item, verdict.Reason, verdict.Detail);
            _buffer.Ended(item, HostOutcomes.Of(verdict));
            return;
        }

        if (decision.IsRelease)
        {
            // The due time is memory alone: whoever starts again may try at once. The process has outlived the fetch, so it is no suspect any more.
            var before = item.Attempt - 1;
            await _ledger.ReleaseAsync(item);
            (item.Attempt, item.Lost, item.DueAt) = (before, 0, decision.DueAt);
            _buffer.PutBack(item, HostOutcomes.Of(verdict));
            return;
        }

        // Before the commit is waited for, as other items of the host could be taken meanwhile.
        if (decision.HostWaitsUntil is { } until)
            _buffer.HostWaits(item.HostKey, until);

        var (attempt, deferrals) = decision.CountsAsAttempt ? (item.Attempt, item.Deferrals) : (item.Attempt - 1, item.Deferrals + 1);
        await _ledger.RetryAsync(item, verdict.Reason, verdict.Detail, decision.DueAt, decision.CountsAsAttempt);
        (item.Attempt, item.Lost, item.Deferrals, item.DueAt) = (attempt, 0, deferrals, decision.DueAt);
        _buffer.PutBack(item, HostOutcomes.Of(verdict));
    }

    private static DateTimeOffset? Earlier(DateTimeOffset? one, DateTimeOffset? other) => one is { } a && other is { } b ? (a < b ? a : b) : one ?? other;

    private void SetAlarm(ITimer alarm, DateTimeOffset at)
    {
        var pause = at - _seams.Time.GetUtcNow();
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
