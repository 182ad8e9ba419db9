using System.Threading.Channels;
using Atlas.Pipeline.Buffer;
using Atlas.Pipeline.Hosts;
using Atlas.Pipeline.Tests.Ledger;

namespace Atlas.Pipeline.Tests.Buffer;

/// <summary>Frontier and ledger through crashes. Here a process dies by closing its ledger: what is leased then stays leased.</summary>
public sealed class LostLeaseTests
{
    private const int Fetchers = 4;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(40)]
    public async Task Twenty_crashes_bury_no_url_that_was_only_slow(int urls)
    {
        await using var bed = LedgerTestBed.Fresh();
        await AdmitAsync(bed, urls);

        for (var round = 0; round < 20; round++)
        {
            using var run = new Run(bed);
            await run.NextAsync();
            await run.DieAsync();
        }

        using var last = new Run(bed);
        await last.FinishAsync(static _ => false);
        Assert.Empty(bed.Ledger.Books.Dead);
        Assert.Equal(urls, bed.Ledger.Books.Done);
        await bed.AssertBalancedAsync();
    }

    [Fact]
    public async Task A_url_that_kills_the_process_each_time_is_given_up_and_its_neighbours_are_fetched()
    {
        await using var bed = LedgerTestBed.Fresh();
        await AdmitAsync(bed, 30);
        var crashes = 0;

        while (!await FinishAsync())
            Assert.InRange(++crashes, 1, 40);

        Assert.Equal(21, crashes);
        Assert.Equal("killed_the_process", Assert.Single(bed.Ledger.Books.Dead).Key);
        Assert.Equal("7|The process died 21 times in a row while the URL was being fetched.", bed.Text("SELECT concat_ws('|', seq, notes) FROM dead_letter_queue"));
        Assert.Equal(29, bed.Ledger.Books.Done);
        await bed.AssertBalancedAsync();

        async Task<bool> FinishAsync()
        {
            using var run = new Run(bed);
            return await run.FinishAsync(item => item.Sequence == 7);
        }
    }

    [Fact]
    public async Task A_url_that_is_interrupted_every_time_keeps_all_its_attempts()
    {
        await using var bed = LedgerTestBed.Fresh();
        await AdmitAsync(bed, 1);

        for (var round = 0; round < 30; round++)
        {
            using var run = new Run(bed);
            await run.InterruptAsync(await run.NextAsync());
            await bed.ReopenAsync();
        }

        var item = Assert.Single(await bed.Ledger.TakeUnfinishedAsync(10));
        Assert.Equal((0, 0), (item.Attempt, item.Lost));
        await bed.AssertBalancedAsync();
    }

    private static Task AdmitAsync(LedgerTestBed bed, int urls) =>
        bed.AdmitAsync(PriorityClass.Normal, [.. Enumerable.Range(1, urls).Select(i => $"http://host-{i}/")]);

    /// <summary>One process's life on the state directory of a bed.</summary>
    private sealed class Run : IDisposable
    {
        private readonly LedgerTestBed _bed;
        private readonly Frontier _frontier;
        private readonly CancellationTokenSource _stop = new();
        private readonly Channel<WorkItem> _sent = Channel.CreateUnbounded<WorkItem>();
        private readonly Task _run;

        public Run(LedgerTestBed bed)
        {
            _bed = bed;
            _frontier = new Frontier(new BufferOptions(), new HostsOptions { Concurrency = 1, Delay = TimeSpan.Zero }, bed.Ledger, new Seams { Time = bed.Time });
            _frontier.EndIntake();
            _run = _frontier.RunAsync(verdict => Task.FromResult(_sent.Writer.TryWrite(verdict.Item)), Fetchers, 100, _stop.Token);
        }

        /// <summary>The next item that is fetched; the clock is moved on until there is one.</summary>
        public async Task<WorkItem> NextAsync()
        {
            var next = _sent.Reader.ReadAsync().AsTask();
            while (!next.IsCompleted && !_run.IsCompleted)
            {
                _bed.Time.Advance(TimeSpan.FromMilliseconds(100));
                await Task.Yield();
            }

            return await next.WaitAsync(Patience);
        }

        public async Task DieAsync()
        {
            await _bed.ReopenAsync();

            // The frontier of the dead process finds its ledger closed.
            await Assert.ThrowsAnyAsync<Exception>(() => _frontier.SettleAsync(Verdict.Interrupted(Items.Item(1))));
            await Assert.ThrowsAnyAsync<Exception>(() => _run.WaitAsync(Patience));
        }

        public async Task InterruptAsync(WorkItem item)
        {
            await _stop.CancelAsync();
            await _frontier.SettleAsync(Verdict.Interrupted(item));
            await _run.WaitAsync(Patience);
        }

        /// <summary>Fetches what comes, until all is done or something kills the process; false then.</summary>
        public async Task<bool> FinishAsync(Func<WorkItem, bool> kills)
        {
            while (!_run.IsCompleted)
            {
                if (!_sent.Reader.TryRead(out var item))
                {
                    _bed.Time.Advance(TimeSpan.FromMilliseconds(100));
                    await Task.Yield();
                    continue;
                }

                if (kills(item))
                {
                    await DieAsync();
                    return false;
                }

                _frontier.Fetched(Verdict.Forward(item));
                await _bed.Ledger.CompleteAsync(_bed.Document(item));
                await _frontier.SettleAsync(Verdict.Forward(item));
            }

            await _run;
            return true;
        }

        public void Dispose() => _stop.Dispose();
    }
}
