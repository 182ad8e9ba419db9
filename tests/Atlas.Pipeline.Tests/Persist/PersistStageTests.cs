using System.Buffers;
using Atlas.Pipeline.Ledger;
using Atlas.Pipeline.Persist;
using Microsoft.Extensions.Time.Testing;

namespace Atlas.Pipeline.Tests.Persist;

public sealed class PersistStageTests : IAsyncDisposable
{
    private static readonly PersistOptions Small = new() { SegmentBytes = 1_000, GroupBytes = 400, Compresses = false };

    private readonly FakeTimeProvider _time = new();
    private readonly ForgetfulDisk _disk = new();
    private readonly FakeLedger _ledger;

    public PersistStageTests() => _ledger = new FakeLedger(_disk.Events);

    public ValueTask DisposeAsync() => _ledger.DisposeAsync();

    [Fact]
    public async Task Every_body_comes_back_byte_for_byte_across_groups_and_segments()
    {
        var bodies = Enumerable.Range(1, 60).Select(number => Body(number, number * 7 % 390)).ToList();

        await StoreAll(bodies);

        Assert.Equal(60, _ledger.Completed.Count);
        var reader = new SegmentReader("bodies", _disk);
        foreach (var done in _ledger.Completed)
            Assert.Equal(bodies[(int)done.Item.Sequence - 1], reader.Read(done.Place));
        Assert.True(_ledger.BodiesTail.Segment > 5);
        Assert.All(_ledger.Completed, done => Assert.True(done.Place.Offset + done.Place.Length <= 1_000));
    }

    [Fact]
    public async Task A_body_larger_than_the_buffer_or_the_segment_is_stored_whole()
    {
        var bodies = new List<byte[]> { Body(1, 10), Body(2, 700), Body(3, 2_500), Body(4, 10) };

        await StoreAll(bodies);

        var reader = new SegmentReader("bodies", _disk);
        foreach (var done in _ledger.Completed)
            Assert.Equal(bodies[(int)done.Item.Sequence - 1], reader.Read(done.Place));
    }

    [Fact]
    public async Task Equal_content_is_written_once_whether_it_is_waiting_or_recorded()
    {
        var body = Body(1, 100);

        await StoreAll([body, body]);
        await StoreAll([body]);

        Assert.Equal(3, _ledger.Completed.Count);
        Assert.Single(_ledger.Completed.Select(done => done.Place).Distinct());
        Assert.Equal(100, _ledger.BodiesTail.End);
    }

    /// <summary>Each document has headers of its own, also where another one brought the same body.</summary>
    [Theory]
    [InlineData(100, 90)]
    [InlineData(100, 700)]
    [InlineData(700, 90)]
    [InlineData(0, 90)]
    public async Task What_was_said_around_a_body_comes_back_beside_it(int bodyLength, int exchangeLength)
    {
        var (body, other) = (Body(1, bodyLength), Body(2, 30));
        byte[][] exchanges = [Body(3, exchangeLength), Body(4, exchangeLength), Body(5, 20), []];

        await StoreAll([body, body, other, other], exchanges);

        var reader = new SegmentReader("bodies", _disk);
        Assert.Equal(4, _ledger.Completed.Count);
        foreach (var done in _ledger.Completed)
        {
            Assert.Equal(done.Item.Sequence <= 2 ? body : other, reader.Read(done.Place));
            Assert.Equal(exchanges[(int)done.Item.Sequence - 1], reader.Read(done.Exchange));
        }
    }

    [Fact]
    public async Task Bodies_are_synced_before_their_rows_are_committed()
    {
        await StoreAll([Body(1, 50)]);

        Assert.Equal(["write", "sync", "commit"], _disk.Events);
    }

    [Fact]
    public async Task A_body_waits_for_its_group_until_the_time_is_over()
    {
        await using var stage = Stage();
        var stored = stage.ProcessAsync(Item(1, Body(1, 50)), default).AsTask();
        Assert.False(stored.IsCompleted);
        Assert.Empty(_disk.Events);

        _time.Advance(Small.GroupTime);

        Assert.Equal(Fate.Forward, (await stored).Fate);
    }

    [Fact]
    public async Task A_stored_document_gives_its_buffer_back()
    {
        var item = Item(1, Body(1, 50));
        var document = item.Document!;
        var stage = Stage();
        var stored = stage.ProcessAsync(item, default).AsTask();

        await stage.DisposeAsync();
        await stored;

        Assert.Equal(0, document.BodyLength);
        Assert.Null(item.Document);
    }

    [Fact]
    public async Task What_was_written_and_not_recorded_is_overwritten_after_a_crash()
    {
        await StoreAll([Body(1, 50)]);
        _ledger.CommitFailure = new IOException("Killed before the commit.");
        await Assert.ThrowsAsync<IOException>(() => StoreAll([Body(2, 60)]));
        _disk.Crash();
        _ledger.CommitFailure = null;

        await StoreAll([Body(3, 70)]);

        var last = _ledger.Completed.Single(done => done.Place.Length == 70);
        Assert.Equal(50, last.Place.Offset);
        Assert.Equal(Body(3, 70), new SegmentReader("bodies", _disk).Read(last.Place));
    }

    [Fact]
    public async Task What_was_acknowledged_survives_a_crash()
    {
        await StoreAll([Body(1, 300), Body(2, 300), Body(3, 300), Body(4, 300)]);

        _disk.Crash();

        var reader = new SegmentReader("bodies", _disk);
        foreach (var done in _ledger.Completed)
            Assert.Equal(Body((int)done.Item.Sequence, 300), reader.Read(done.Place));
    }

    [Fact]
    public async Task Bodies_that_are_gone_or_cut_short_are_damage()
    {
        await StoreAll([Body(1, 300)]);
        var segment = SegmentStore.PathOf("bodies", 1);

        _disk.Replace(segment, new byte[299]);
        Assert.Throws<StateDamagedException>(Stage);
        _disk.Delete(segment);
        Assert.Throws<StateDamagedException>(Stage);
        _disk.Replace(segment, new byte[300]);
        await Stage().DisposeAsync();
    }

    [Fact]
    public async Task After_a_failed_sync_nothing_is_acknowledged_any_more()
    {
        _disk.SyncFails = true;
        await using var stage = Stage();
        var waiting = new[] { stage.ProcessAsync(Item(1, Body(1, 50)), default).AsTask(), stage.ProcessAsync(Item(2, Body(2, 50)), default).AsTask() };
        _time.Advance(Small.GroupTime);
        foreach (var stored in waiting)
            await Assert.ThrowsAsync<IOException>(() => stored);
        _disk.SyncFails = false;

        await Assert.ThrowsAsync<IOException>(() => stage.ProcessAsync(Item(3, Body(3, 50)), default).AsTask());

        Assert.Empty(_ledger.Completed);
    }

    [Fact]
    public async Task A_failed_commit_ends_the_run_and_not_the_url()
    {
        _ledger.CommitFailure = new InvalidOperationException("The ledger is closed.");

        await Assert.ThrowsAsync<IOException>(() => StoreAll([Body(1, 50)]));
    }

    [Fact]
    public async Task A_copied_body_gives_its_buffer_back_before_its_group_is_written()
    {
        await using var stage = Stage();
        var item = Item(1, Body(1, 50));
        var document = item.Document!;

        var stored = stage.ProcessAsync(item, default).AsTask();

        Assert.False(stored.IsCompleted);
        Assert.Equal(0, document.BodyLength);
    }

    [Fact]
    public async Task An_abort_interrupts_what_waits_for_room_and_not_what_has_joined()
    {
        using var gate = new ManualResetEventSlim();
        using var abort = new CancellationTokenSource();
        await using var stage = Stage();
        var syncing = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _disk.BeforeSync = () =>
        {
            syncing.TrySetResult();
            gate.Wait();
        };

        // One that is written, and one that fills the group: more than these find no room.
        var written = stage.ProcessAsync(Item(1, Body(1, Small.GroupBytes)), abort.Token).AsTask();
        await syncing.Task;
        var joined = stage.ProcessAsync(Item(2, Body(2, Small.GroupBytes)), abort.Token).AsTask();
        var item = Item(3, Body(3, 10));
        var document = item.Document!;
        var waiting = stage.ProcessAsync(item, abort.Token).AsTask();

        await abort.CancelAsync();

        Assert.Equal(Fate.Interrupted, (await waiting).Fate);
        Assert.Equal(0, document.BodyLength);
        gate.Set();
        Assert.All(await Task.WhenAll(written, joined), verdict => Assert.Equal(Fate.Forward, verdict.Fate));
        Assert.Equal([1, 2], _ledger.Completed.Select(done => done.Item.Sequence).Order());
    }

    [Fact]
    public async Task Groups_are_written_while_the_rows_of_earlier_ones_are_committed()
    {
        var gate = new TaskCompletionSource();
        _ledger.CommitGate = gate.Task;
        await using var stage = Stage();
        Task<Verdict>[] stored = [.. Enumerable.Range(1, 4).Select(number => stage.ProcessAsync(Item(number, Body(number, Small.GroupBytes)), CancellationToken.None).AsTask())];
        while (_ledger.CommitsAsked < stored.Length)
            await Task.Delay(1, TestContext.Current.CancellationToken);
        Assert.DoesNotContain(stored, each => each.IsCompleted);

        gate.SetResult();
        Assert.All(await Task.WhenAll(stored), verdict => Assert.Equal(Fate.Forward, verdict.Fate));
    }

    [Theory]
    [InlineData(8_000, 1_000)]
    [InlineData(7_999, 0)]
    public async Task A_segment_is_reserved_while_the_disk_has_room_for_many(long free, long reserved)
    {
        _disk.Free = free;

        await StoreAll([Body(1, 50)]);

        Assert.Equal([reserved], _disk.Reserved);
    }

    [Fact]
    public async Task The_machines_own_disk_gives_bodies_back()
    {
        var directory = Directory.CreateTempSubdirectory("atlas-").FullName;
        try
        {
            var stage = new PersistStage(Small, directory, _ledger, new Seams { Time = _time });
            var stored = stage.ProcessAsync(Item(1, Body(1, 50)), default).AsTask();
            await stage.DisposeAsync();
            await stored;

            Assert.Equal(Body(1, 50), new SegmentReader(directory, new Disk()).Read(Assert.Single(_ledger.Completed).Place));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private PersistStage Stage() => new(Small, "bodies", _ledger, new Seams { Time = _time, Disk = _disk });

    /// <summary>Closing the stage writes what is waiting, so the clock need not move.</summary>
    private async Task StoreAll(IReadOnlyList<byte[]> bodies, byte[][]? exchanges = null)
    {
        var stage = Stage();
        var stored = bodies.Select((body, at) => stage.ProcessAsync(Item(at + 1, body, exchanges?[at]), default).AsTask()).ToList();
        var all = Task.WhenAll(stored);
        while (await Task.WhenAny(all, Task.Run(() => _time.Advance(Small.GroupTime))) != all)
        {
        }

        await stage.DisposeAsync();
        await all;
    }

    private static byte[] Body(int seed, int length) => [.. Enumerable.Range(0, length).Select(at => (byte)(seed * 31 + at))];

    private static WorkItem Item(long number, byte[] body, byte[]? exchange = null)
    {
        var rented = ArrayPool<byte>.Shared.Rent(Math.Max(1, body.Length));
        body.CopyTo(rented, 0);
        var document = new FetchedDocument { FinalUrl = "http://a.test/", Status = 200, FetchedAt = default, Exchange = exchange };
        document.TakeBody(rented, body.Length);
        return new WorkItem { Sequence = number, ContentId = (UInt128)number, Url = "http://a.test/", HostKey = "a.test", Priority = default, Document = document };
    }
}
