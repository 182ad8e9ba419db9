using System.Globalization;
using System.Text;
using Atlas.Pipeline.Check;
using Atlas.Pipeline.Dedup;
using Atlas.Pipeline.Ledger;
using Atlas.Pipeline.Normalize;
using Atlas.Pipeline.Tests.Dedup;
using Atlas.Pipeline.Tests.Ledger;

namespace Atlas.Pipeline.Tests.Check;

/// <summary>The look-up through the dedup index, beside admission.</summary>
public sealed class RunningCheckTests : IAsyncDisposable
{
    private readonly LedgerTestBed _bed = LedgerTestBed.Fresh();
    private FasterSeenStore? _seen;

    public async ValueTask DisposeAsync()
    {
        _seen?.Dispose();
        await _bed.DisposeAsync();
    }

    [Fact]
    public async Task Every_line_is_found_whether_its_key_is_recent_on_disk_recovered_or_rebuilt()
    {
        Open();
        await AdmitAsync(0, 3_000);
        AssertFound(0, 3_000);

        // The log keeps the newest of them in memory.
        await _bed.Ledger.RecordSeenCheckpointAsync(await _seen!.CheckpointAsync(_bed.Ledger.LastSequence));
        await AdmitAsync(3_000, 2_000);
        _seen!.Dispose();
        await _bed.ReopenAsync();
        Open();
        Assert.False(_seen!.WasRebuilt);
        AssertFound(0, 5_000);

        _seen.Dispose();
        Directory.Delete(Seen, recursive: true);
        Open();
        Assert.True(_seen!.WasRebuilt);
        AssertFound(0, 5_000);
        Assert.Equal("new", Ask("http://a.example/9999")[0].State);
    }

    [Fact]
    public void What_is_decided_and_not_durable_yet_is_being_admitted()
    {
        Open();
        _seen!.AddIfAbsent([SeenKey.OfAdmitted(Atlas.Urls.ContentId.Of("http://a.example/"u8))], new bool[1]);

        var answer = Assert.Single(Ask("https://A.example"));

        Assert.Equal(("admitting", "drop"), (answer.State, answer.Verdict));
    }

    [Fact]
    public async Task A_refused_line_is_found_under_its_own_key()
    {
        Open();
        await DecideAndAdmitAsync(_bed.Batch(["file:///x"]), (ref row) => row.Reject(Reason.SchemeFile));

        var answer = Assert.Single(Ask("file:///x"));

        Assert.Equal(("refused", "refuse", "scheme_file"), (answer.State, answer.Verdict, answer.Row!.Reason));
    }

    private delegate void RowChange(ref UrlRow row);

    private string Seen => Path.Combine(_bed.Directory, "seen");

    private void Open() => _seen = FasterSeenStore.Open(Seen, DedupTestBed.Small, _bed.Ledger, new Seams());

    private IReadOnlyList<CheckAnswer> Ask(string lines)
    {
        using var check = new RunningCheck(KeyRules.Default, _seen!, new LedgerLookup(Path.Combine(_bed.Directory, "ledger.db")));
        return check.Ask(Encoding.UTF8.GetBytes(lines));
    }

    private void AssertFound(int from, int count)
    {
        var answers = Ask(string.Concat(Enumerable.Range(from, count).Select(i => Url(i) + "#again\n")));

        Assert.Equal(Enumerable.Range(from, count).Select(Url), answers.Select(answer => Encoding.UTF8.GetString(answer.Row!.Url)));
        Assert.All(answers, answer => Assert.Equal(("queued", "drop"), (answer.State, answer.Verdict)));
    }

    private async Task AdmitAsync(int from, int count)
    {
        foreach (var chunk in Enumerable.Range(from, count).Chunk(200))
            await DecideAndAdmitAsync(_bed.Batch([.. chunk.Select(Url)], (PriorityClass)(chunk[0] / 200 % PriorityClasses.Count)));
    }

    private async Task DecideAndAdmitAsync(UrlBatch batch, RowChange? change = null)
    {
        await new NormalizeStage(new NormalizeOptions()).ProcessAsync(batch);
        foreach (ref var row in batch.ActiveRows)
            change?.Invoke(ref row);
        using var inFlight = new DedupStage(DedupTestBed.Small, _seen!);
        await inFlight.ProcessAsync(batch);
        await _bed.Ledger.AdmitAsync(batch);
        await _bed.Ledger.FlushAsync();
    }

    private static string Url(int i) => string.Create(CultureInfo.InvariantCulture, $"http://a.example/{i}");
}
