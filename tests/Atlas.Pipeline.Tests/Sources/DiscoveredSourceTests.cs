using System.Text;
using Atlas.Pipeline.Sources;
using Atlas.Pipeline.Tests.Ledger;

namespace Atlas.Pipeline.Tests.Sources;

public sealed class DiscoveredSourceTests : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly LedgerTestBed _bed = LedgerTestBed.Fresh();
    private readonly UrlBatchPool _pool = new();
    private readonly List<string> _lines = [];
    private readonly CancellationTokenSource _drain = new();
    private readonly TaskCompletionSource _othersEnded = new();
    private readonly List<UrlBatch> _held = [];
    private bool _holds;
    private readonly SemaphoreSlim _read = new(0);
    private readonly SemaphoreSlim _asksForIdle = new(0);
    private readonly TaskCompletionSource _idle = new();
    private Func<Task>? _beforeAnswer;
    private int _pages;
    private int _batches;

    public async ValueTask DisposeAsync()
    {
        await _bed.DisposeAsync();
        _drain.Dispose();
        _read.Dispose();
        _asksForIdle.Dispose();
    }

    [Fact]
    public async Task Reads_what_is_there_and_what_comes_and_ends_when_all_is_over()
    {
        await FindAsync("a", "b");
        var run = RunAsync();
        await LinesAsync(2);
        await FindAsync("c");
        await LinesAsync(1);

        _othersEnded.SetResult();
        await AskedAsync();
        Assert.False(run.IsCompleted);
        _idle.SetResult();
        await run.WaitAsync(Patience);

        Assert.Equal(["1 http://found.test/a", "1 http://found.test/b", "1 http://found.test/c"], _lines);
    }

    /// <summary>The answer may be older than the link: the work behind it was idle only because nobody had read it yet.</summary>
    [Fact]
    public async Task Does_not_end_over_a_link_that_came_before_the_answer()
    {
        _othersEnded.SetResult();
        _beforeAnswer = () => FindAsync("late");
        var run = RunAsync();
        await AskedAsync();

        await LinesAsync(1);
        await AskedAsync();
        Assert.False(run.IsCompleted);
        _idle.SetResult();
        await run.WaitAsync(Patience);
    }

    /// <summary>A line on its way to the ledger is work that nobody else knows of yet.</summary>
    [Fact]
    public async Task Asks_whether_work_is_idle_only_when_all_that_was_read_is_durable()
    {
        _holds = true;
        _othersEnded.SetResult();
        _idle.SetResult();
        await FindAsync("a");
        var run = RunAsync();
        await LinesAsync(1);

        await _bed.Ledger.FlushAsync();
        Assert.Equal(0, _asksForIdle.CurrentCount);
        Assert.False(run.IsCompleted);
        _held.ForEach(batch => batch.Release());
        await run.WaitAsync(Patience);
    }

    [Fact]
    public async Task A_drain_ends_it_whatever_it_waits_for()
    {
        var first = RunAsync();
        await _drain.CancelAsync();
        await first.WaitAsync(Patience);

        await using var other = new DiscoveredSourceTests();
        other._othersEnded.SetResult();
        var second = other.RunAsync();
        await other.AskedAsync();
        await other._drain.CancelAsync();
        await second.WaitAsync(Patience);
    }

    [Fact]
    public async Task Goes_on_behind_what_was_committed_and_lets_go_of_it()
    {
        await FindAsync("a", "b");
        await FindAsync("c");
        _othersEnded.SetResult();
        _idle.SetResult();
        await RunAsync().WaitAsync(Patience);
        Assert.Equal(1, _bed.Scalar("SELECT count(*) FROM found"));

        await _bed.ReopenAsync();
        await FindAsync("d");
        _lines.Clear();
        await RunAsync().WaitAsync(Patience);

        Assert.Equal(["1 http://found.test/d"], _lines);
        Assert.Equal("found", _bed.Text("SELECT file FROM source_offsets WHERE source = 'links'"));
    }

    [Fact]
    public async Task Another_source_begins_with_what_is_left()
    {
        await FindAsync("a");
        await FindAsync("b");
        await _bed.Ledger.ForgetFoundAsync(20);
        _othersEnded.SetResult();
        _idle.SetResult();

        await RunAsync("renamed").WaitAsync(Patience);

        Assert.Equal(["1 http://found.test/b"], _lines);
        Assert.Equal(40, _bed.Scalar("SELECT offset FROM source_offsets WHERE source = 'renamed'"));
    }

    [Fact]
    public async Task Links_of_thousands_of_pages_come_in_full_batches()
    {
        for (var page = 0; page < 40; page++)
            await FindAsync([.. Enumerable.Range(0, 100).Select(link => $"{page}-{link}")]);
        _othersEnded.SetResult();
        _idle.SetResult();

        await RunAsync().WaitAsync(Patience);

        Assert.Equal(4_000, _lines.Distinct().Count());
        Assert.Equal(16, _batches);
    }

    private async Task FindAsync(params string[] names)
    {
        var item = await _bed.ClaimedAsync($"http://page.test/{++_pages}");
        item.Found = new FoundLinks(Encoding.UTF8.GetBytes(string.Concat(names.Select(name => $"http://found.test/{name}\n"))), 1);
        await _bed.Ledger.CompleteAsync(_bed.Document(item));
    }

    private async Task RunAsync(string name = "links")
    {
        var progress = new SourceProgress(name);
        _bed.Ledger.Follow(progress);
        var end = new EndOfWork(
            () => _othersEnded.Task,
            async () =>
            {
                await progress.WhenSettled();
                await _bed.Ledger.FlushAsync();
            },
            () =>
            {
                _asksForIdle.Release();
                return Interlocked.Exchange(ref _beforeAnswer, null)?.Invoke() ?? _idle.Task;
            });
        using var source = new DiscoveredSource(name, _pool, progress, _bed.Ledger, end, new Seams { Time = _bed.Time });
        await source.RunAsync(TakeAsync, _drain.Token);
    }

    private Task<bool> TakeAsync(UrlBatch batch)
    {
        foreach (ref readonly var row in batch.ActiveRows)
            _lines.Add($"{row.Depth} {Encoding.UTF8.GetString(batch.TextOf(row))}");
        _batches++;
        var count = batch.Count;
        if (_holds)
            _held.Add(batch);
        else
            batch.Release();
        _read.Release(count);
        return Task.FromResult(true);
    }

    private async Task LinesAsync(int count)
    {
        for (var line = 0; line < count; line++)
            Assert.True(await _read.WaitAsync(Patience, TestContext.Current.CancellationToken));
    }

    private async Task AskedAsync() => Assert.True(await _asksForIdle.WaitAsync(Patience, TestContext.Current.CancellationToken));
}
