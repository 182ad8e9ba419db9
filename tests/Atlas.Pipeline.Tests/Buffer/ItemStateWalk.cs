using Atlas.Pipeline.Buffer;
using Atlas.Pipeline.Hosts;
using Atlas.Pipeline.Ledger;
using Atlas.Pipeline.Tests.Ledger;

namespace Atlas.Pipeline.Tests.Buffer;

/// <summary>One run after the other on the same state directory: the real frontier on the real ledger, and beside it a plain model that is told the same.</summary>
internal sealed class ItemStateWalk : IDisposable
{
    private const int Hosts = 3;

    private static readonly Reason[] Failures =
    [
        Reason.Timeout, Reason.Http(503), Reason.RateLimited, Reason.RobotsUnavailable, Reason.Http(404), Reason.RobotsDisallowed, Reason.KilledTheProcess, Reason.NoHandles,
    ];

    private static readonly BufferOptions Options = new() { Capacity = 8, PerHostCapacity = 3, MaxAttempts = 3, BackoffBase = TimeSpan.FromSeconds(2), BackoffCap = TimeSpan.FromSeconds(3), EndWait = TimeSpan.FromDays(7) };
    private static readonly HostsOptions Polite = new() { Concurrency = 2, Delay = TimeSpan.Zero, BreakerFailures = 2, BreakerOpen = TimeSpan.FromSeconds(1), BreakerGivesUp = 2 };

    /// <summary>After so long a document is asked for again.</summary>
    private static readonly TimeSpan Age = TimeSpan.FromSeconds(12);

    private readonly LedgerTestBed _bed = LedgerTestBed.Fresh();
    private readonly OneThread _thread = new();
    private readonly Dictionary<string, ModelledUrl> _model = [];
    private readonly HashSet<string> _down = [];
    private readonly List<WorkItem> _leased = [];
    private Process _process;
    private int _askedAgain;
    private int _bodies;

    public ItemStateWalk() => _process = Start();

    public bool HasEnded => _process.Run.IsCompleted;

    /// <summary>Does what a number says, and compares.</summary>
    public void Step(uint step)
    {
        var which = (int)(step / 16);
        switch (step % 16)
        {
            case 0 or 1 or 2:
                Admit(1 + (which % 4), which);
                break;
            case 3 or 4 or 5 when _leased.Count > 0:
                Fetched(_leased[which % _leased.Count]);
                break;
            case 6 or 7 or 8 or 9 when _leased.Count > 0:
                Failed(_leased[which % _leased.Count], Failures[which / 4 % Failures.Length], which % 3 == 0 ? TimeSpan.FromSeconds(which % 7) : null);
                break;
            case 10 when !_down.Remove($"host-{which % Hosts}"):
                _down.Add($"host-{which % Hosts}");
                break;
            case 11:
                Kill();
                break;
            case 12 when _leased.Count > 0:
                KillDuringAnOutcome(_leased[which % _leased.Count]);
                break;
            case 13:
                Drain();
                break;
            default:
                _bed.Time.Advance(TimeSpan.FromMilliseconds(which % 40 * 100));
                break;
        }

        Compare();
    }

    /// <summary>No more input: whatever is sent is fetched, and in the end nothing waits.</summary>
    public void End()
    {
        _down.Clear();
        _process.Frontier.EndIntake();
        for (var i = 0; !HasEnded; i++)
        {
            Assert.True(i < 2_000, "The run does not end.");
            if (_leased.Count > 0)
                Fetched(_leased[0]);
            else
                _bed.Time.Advance(TimeSpan.FromMilliseconds(250));
            _thread.RunUntilQuiet();
        }

        _thread.Run(_process.Run);
        Compare();
        Assert.All(_model.Values, url => Assert.True(url.Place is Place.Done or Place.Dead, $"{url.Url} is left {url.Row}."));
    }

    public void Dispose()
    {
        _process.Die();
        _thread.Run(_bed.DisposeAsync().AsTask());
        _thread.Dispose();
    }

    private void Admit(int count, int which)
    {
        var urls = Enumerable.Range(0, count).Select(i => (Host: $"host-{(which + i) % Hosts}", Number: _model.Count + i)).Select(url => new ModelledUrl($"http://{url.Host}/{url.Number}", url.Host)).ToList();
        urls.ForEach(url => _model.Add(url.Url, url));
        var batch = _bed.Batch([.. urls.Select(url => url.Url)], (PriorityClass)(which % PriorityClasses.Count));
        _thread.Run(_process.Ledger.AdmitAndFlushAsync(batch));
    }

    private void Fetched(WorkItem item)
    {
        if (_down.Contains(item.HostKey))
        {
            Failed(item, Reason.ConnectFailed, null);
            return;
        }

        Answer(item);
        var now = _bed.Time.GetUtcNow();
        _askedAgain += _model[item.Url].Requests > 0 ? 1 : 0;
        if (item.Again is not null && _bodies++ % 2 == 0)
        {
            item.Confirmed = new Confirmation(now, ByStatus: true, null, null);
            _model[item.Url].Finish(now, isConfirmed: true);
            _process.Frontier.Fetched(Verdict.Confirmed(item));
            _thread.Run(_process.Frontier.SettleAsync(Verdict.Confirmed(item)));
            return;
        }

        _process.Frontier.Fetched(Verdict.Forward(item));
        _model[item.Url].Finish(now);
        _thread.Run(_process.Ledger.CompleteAsync(_bed.Document(item, (byte)_bodies)));
        _thread.Run(_process.Frontier.SettleAsync(Verdict.Forward(item)));
    }

    private void Failed(WorkItem item, Reason reason, TimeSpan? retryAfter)
    {
        Answer(item);
        _askedAgain += _model[item.Url].Requests > 0 && reason.Class != ErrorClass.Local ? 1 : 0;
        Tell(_model[item.Url], reason, retryAfter);
        _thread.Run(_process.Frontier.SettleAsync(Verdict.Failed(item, reason, "", retryAfter)));
    }

    private void Answer(WorkItem item)
    {
        _leased.Remove(item);
        _process.Frontier.Sending(item);
        _process.Frontier.Answered(item);
    }

    /// <summary>What must become of a URL that failed.</summary>
    private void Tell(ModelledUrl url, Reason reason, TimeSpan? retryAfter)
    {
        var now = _bed.Time.GetUtcNow();
        var asked = retryAfter is { } wait ? TimeSpan.FromSeconds(Math.Max(1, wait.TotalSeconds)) : TimeSpan.Zero;
        var latest = now + (asked > Options.BackoffCap ? asked : Options.BackoffCap);
        switch (reason.Class)
        {
            case ErrorClass.Transient when url.Attempt < Options.MaxAttempts:
                url.PutBack(countsAsAttempt: true, now + asked, latest);
                break;
            case ErrorClass.RateLimited or ErrorClass.HostDown:
                url.PutBack(countsAsAttempt: false, now + (retryAfter is null ? RetryPolicy.LeastHostWait : asked), latest);
                break;
            case ErrorClass.Local:
                url.GiveBack();
                break;
            default:
                url.Die(reason.Name, now);
                break;
        }
    }

    private void Kill()
    {
        _process.Die();
        foreach (var item in _leased)
            _model[item.Url].Lose();
        _leased.Clear();
        _thread.Run(_bed.ReopenAsync());
        _process = Start();
    }

    /// <summary>The outcome may have been committed or not; either is right, and nothing between.</summary>
    private void KillDuringAnOutcome(WorkItem item)
    {
        var url = _model[item.Url];
        var lost = url with { };
        lost.Lose();
        Answer(item);
        Tell(url, Reason.Timeout, null);
        _ = _process.Frontier.SettleAsync(Verdict.Failed(item, Reason.Timeout, ""));
        Kill();
        if (Rows()[item.Url].Row == lost.Row)
            _model[item.Url] = lost;
    }

    private void Drain()
    {
        _process.Stop.Cancel();
        foreach (var item in _leased)
        {
            _model[item.Url].GiveBack();
            _thread.Run(_process.Frontier.SettleAsync(Verdict.Interrupted(item)));
        }

        _leased.Clear();
        _thread.Run(_process.Run);
        _thread.Run(_bed.ReopenAsync());
        _process = Start();
    }

    private Process Start()
    {
        _askedAgain = 0;
        var ledger = new WatchedLedger(_bed.Ledger, _thread) { GivingUp = GivingUp };
        var frontier = new Frontier(Options, Polite, ledger, new Seams { Time = _bed.Time }, Age);
        var process = new Process(frontier, ledger);
        process.Run = frontier.RunAsync(verdict => Task.FromResult(Send(process, verdict.Item)), 2, 4, process.Stop.Token);
        return process;
    }

    private bool Send(Process process, WorkItem item)
    {
        Assert.Same(_process, process);
        var url = _model[item.Url];
        Assert.True(url.EarliestDue <= _bed.Time.GetUtcNow().ToUnixTimeMilliseconds(), $"{item.Url} is sent before it is due.");
        if (item.Again is not null && !url.IsAskedAgain)
            url.TakeUp(Age, _bed.Time.GetUtcNow());
        url.Claim();
        Assert.Equal((url.Attempt, url.Deferrals), (item.Attempt, item.Deferrals));
        _leased.Add(item);
        return true;
    }

    /// <summary>Of itself the frontier gives up what waits for a host that stays down.</summary>
    private void GivingUp(WorkItem item, Reason reason)
    {
        if (reason != Reason.HostDown)
            return;
        var url = _model[item.Url];
        if (item.Again is not null && !url.IsAskedAgain)
            url.TakeUp(Age, _bed.Time.GetUtcNow());
        url.Claim();
        url.Die("host_down", _bed.Time.GetUtcNow());
    }

    private void Compare()
    {
        _thread.RunUntilQuiet();
        var rows = Rows();

        // When exactly one that is old is taken up, is for the frontier to say.
        foreach (var url in _model.Values.Where(url => url.Place == Place.Done && rows[url.Url].Row == "again queued 0 0 0"))
            url.TakeUp(Age, _bed.Time.GetUtcNow());
        Assert.Equal(_model.Values.ToDictionary(url => url.Url, url => url.Row), rows.ToDictionary(row => row.Key, row => row.Value.Row));
        foreach (var (url, row) in rows.Where(row => row.Value.Due >= 0))
            Assert.InRange(row.Due, _model[url].EarliestDue, _model[url].LatestDue);

        // As the audit does, and without opening the ledger again.
        var (books, counts) = (_bed.Ledger.Books, _model.Values.CountBy(url => url.IsAskedAgain ? Place.Done : url.Place).ToDictionary());
        Assert.True(books.Balance);
        Assert.Equal(_askedAgain, books.Retries);
        Assert.Equal(_model.Values.Count(url => url.IsAskedAgain), books.Refetches.Waiting);
        Assert.Equal(
            (_model.Count, counts.GetValueOrDefault(Place.Queued), counts.GetValueOrDefault(Place.Leased), counts.GetValueOrDefault(Place.Done), counts.GetValueOrDefault(Place.Dead)),
            (books.Admitted + books.AdmittedBefore, books.Queued, books.Leased, books.Done, books.Dead.Values.Sum()));
    }

    /// <summary>Of every URL that was ever admitted, the only place where it is, and its due time if it waits.</summary>
    private Dictionary<string, (string Row, long Due)> Rows()
    {
        using var connection = SqlConnection.Open(Path.Combine(_bed.Directory, "ledger.db"), readOnly: true);
        var places = string.Join(" UNION ALL ", Enumerable.Range(0, PriorityClasses.Count).Select(level =>
            $"SELECT url, 'queued 0 0 0', 0 FROM {LedgerSchema.QueueOf(level)} WHERE seq > (SELECT seq FROM cursors WHERE class = {level}) UNION ALL "
            + $"SELECT q.url, concat_ws(' ', CASE WHEN w.document IS NOT NULL THEN 'again' END, w.state, w.attempt, w.deferrals, w.lost), w.due_at FROM work w JOIN {LedgerSchema.QueueOf(level)} q ON q.seq = w.seq WHERE w.class = {level}"));
        var found = connection.Prepare($"{places} UNION ALL SELECT source_url, 'done ' || attempts, -1 FROM content_metadata WHERE id NOT IN (SELECT document FROM work WHERE document IS NOT NULL) UNION ALL SELECT CAST(source_url AS TEXT), concat_ws(' ', 'dead', retry_count, failure_classification), -1 FROM dead");
        var rows = new Dictionary<string, (string, long)>();
        while (found.Step())
            rows.Add(found.Text(0), (found.Text(1), found.Int64(2)));

        Assert.Equal(0, connection.Scalar(RefetchTests.NotInOnePlace));
        return rows;
    }

    /// <summary>What ends with a process.</summary>
    private sealed class Process(Frontier frontier, WatchedLedger ledger)
    {
        public Frontier Frontier { get; } = frontier;

        public WatchedLedger Ledger { get; } = ledger;

        public CancellationTokenSource Stop { get; } = new();

        public Task Run { get; set; } = Task.CompletedTask;

        public void Die() => Ledger.IsDead = true;
    }
}
