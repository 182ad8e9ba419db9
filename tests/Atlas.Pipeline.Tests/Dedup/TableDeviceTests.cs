using System.Runtime.InteropServices;
using Atlas.Pipeline.Dedup;
using FASTER.core;

namespace Atlas.Pipeline.Tests.Dedup;

public sealed class TableDeviceTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("atlas-table-").FullName;
    private readonly WriteThread _writer = new("test");
    private bool _hasFailed;

    [Fact]
    public async Task What_is_written_in_parts_is_read_in_parts_and_zeros_follow_the_end()
    {
        const int Length = (9 << 20) + 512, Sector = 512;
        using var device = DeviceIn(_folder);
        var from = Memory(Length);
        var into = Memory(Length + Sector);
        new Random(1).NextBytes(Bytes(from, Length));
        Bytes(into, Length + Sector).Fill(1);

        var written = await Ended(done => device.WriteAsync(from, 0, 0, Length, done, null!));
        var read = await Ended(done => device.ReadAsync(0, 0, into, Length + Sector, done, null!));

        Assert.Equal((0u, 0u, false), (written, read, _hasFailed));
        Assert.True(Bytes(from, Length).SequenceEqual(Bytes(into, Length)));
        Assert.Equal(-1, Bytes(into, Length + Sector)[Length..].IndexOfAnyExcept((byte)0));
        Free(from, into);
    }

    [Fact]
    public async Task A_write_that_fails_is_told_and_ends()
    {
        using var device = DeviceIn(Path.Combine(_folder, "nowhere"));
        var from = Memory(512);

        Assert.NotEqual(0u, await Ended(done => device.WriteAsync(from, 0, 0, 512, done, null!)));
        Assert.True(_hasFailed);
        Free(from);
    }

    [Fact]
    public async Task A_read_that_fails_is_told_and_ends_in_zeros()
    {
        using var device = DeviceIn(Path.Combine(_folder, "nowhere"));
        var into = Memory(512);
        Bytes(into, 512).Fill(1);

        Assert.Equal(0u, await Ended(done => device.ReadAsync(0, 0, into, 512, done, null!)));
        Assert.Equal(-1, Bytes(into, 512).IndexOfAnyExcept((byte)0));
        Assert.True(_hasFailed);
        Free(into);
    }

    [Fact]
    public async Task A_table_that_could_not_be_written_does_not_forbid_the_next()
    {
        using var files = new CheckpointFiles(_folder, new Disk());
        var table = new DefaultCheckpointNamingScheme(_folder).HashTable(Guid.NewGuid());
        using var device = files.Get(table);
        var from = Memory(512);

        Directory.Delete(Path.Combine(_folder, table.directoryName), recursive: true);
        Assert.NotEqual(0u, await Ended(done => device.WriteAsync(from, 0, 0, 512, done, null!)));
        Assert.Throws<IOException>(files.ThrowIfFailed);

        using var next = files.Get(table);
        Assert.Equal(0u, await Ended(done => next.WriteAsync(from, 0, 0, 512, done, null!)));
        files.ThrowIfFailed();
        Free(from);
    }

    [Fact]
    public async Task A_thread_for_writes_does_them_in_their_order_and_ends_with_the_last()
    {
        var order = new List<int>();
        using var held = new ManualResetEventSlim();
        var writer = new WriteThread("order");
        writer.Do(held.Wait);
        for (var i = 0; i < 100; i++)
        {
            var number = i;
            writer.Do(() => order.Add(number));
        }

        var ending = Task.Run(writer.Dispose, TestContext.Current.CancellationToken);
        held.Set();
        await ending;
        Assert.Equal(Enumerable.Range(0, 100), order);
    }

    public void Dispose()
    {
        _writer.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private TableDevice DeviceIn(string folder) => new(Path.Combine(folder, "ht.dat"), "ht.dat.0", new Disk(), _writer, () => _hasFailed = true);

    private static Task<uint> Ended(Action<DeviceIOCompletionCallback> begin)
    {
        var ended = new TaskCompletionSource<uint>(TaskCreationOptions.RunContinuationsAsynchronously);
        begin((error, _, _) => ended.SetResult(error));
        return ended.Task;
    }

    private static unsafe Span<byte> Bytes(nint memory, int length) => new((void*)memory, length);

    private static unsafe nint Memory(int bytes) => (nint)NativeMemory.AlignedAlloc((nuint)bytes, 512);

    private static unsafe void Free(params ReadOnlySpan<nint> all)
    {
        foreach (var memory in all)
            NativeMemory.AlignedFree((void*)memory);
    }
}
