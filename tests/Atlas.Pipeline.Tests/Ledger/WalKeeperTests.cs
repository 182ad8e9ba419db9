using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Diagnostics;
using Atlas.Pipeline.Ledger;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Atlas.Pipeline.Tests.Ledger;

public sealed class WalKeeperTests
{
    private const int Bound = 1 << 20;

    [Fact]
    public async Task A_wal_past_its_bound_is_begun_anew_and_loses_nothing()
    {
        await using var bed = LedgerTestBed.Fresh();
        await bed.Ledger.DisposeAsync();
        var file = Path.Combine(bed.Directory, "ledger.db");
        using var writer = LedgerSchema.OpenForWriting(file);
        using var keeper = new WalKeeper(SqlConnection.Open(file), NullLogger.Instance, Bound);
        Fill(writer);
        var begun = Generation(file);

        var rows = Write(writer, keeper, file, until: () => Generation(file) >= begun + 3);

        Assert.Equal(rows + 1, bed.Scalar("SELECT count(*) FROM meta WHERE name LIKE 'filler%'"));
        Assert.Equal("ok", bed.Text("PRAGMA integrity_check"));
    }

    [Fact]
    public async Task A_reader_keeps_the_wal_and_the_writer_goes_on()
    {
        await using var bed = LedgerTestBed.Fresh();
        await bed.Ledger.DisposeAsync();
        var file = Path.Combine(bed.Directory, "ledger.db");
        using var writer = LedgerSchema.OpenForWriting(file);
        using var keeper = new WalKeeper(SqlConnection.Open(file), NullLogger.Instance, Bound);
        Fill(writer);
        var begun = Generation(file);
        using (var reader = SqlConnection.Open(file, readOnly: true))
        {
            reader.Execute("BEGIN");
            Assert.Equal(1, reader.Scalar("SELECT count(*) FROM meta WHERE name LIKE 'filler%'"));

            Write(writer, keeper, file, until: () => new FileInfo(file + "-wal").Length > 4 * Bound);

            Assert.Equal(begun, Generation(file));
            Assert.Equal(1, reader.Scalar("SELECT count(*) FROM meta WHERE name LIKE 'filler%'"));
            reader.Execute("COMMIT");
        }

        Write(writer, keeper, file, until: () => Generation(file) > begun);
    }

    [Fact]
    public async Task A_wal_that_cannot_be_copied_is_said_and_ends_the_writer_after_a_few()
    {
        await using var bed = LedgerTestBed.Fresh();
        await bed.Ledger.DisposeAsync();
        var file = Path.Combine(bed.Directory, "ledger.db");
        var log = new Said();
        using var writer = LedgerSchema.OpenForWriting(file);
        using var keeper = new WalKeeper(SqlConnection.Open(file, readOnly: true), log, Bound);

        var failure = Assert.Throws<LedgerException>(() => Write(writer, keeper, file, until: () => false));

        Assert.True(failure.IsOfTheMachine, failure.Message);
        Assert.Equal(5, log.Messages.Count);
        Assert.Contains("(5 in a row)", log.Messages.Last(), StringComparison.Ordinal);
    }

    private static int Write(SqlConnection writer, WalKeeper keeper, string file, Func<bool> until)
    {
        var start = Stopwatch.GetTimestamp();
        var rows = 0;
        while (!until())
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(60), $"{file}-wal has {new FileInfo(file + "-wal").Length} bytes after {rows} commits.");
            Fill(writer);
            rows++;
            keeper.Committed(writer, rows: 16_384);
        }

        return rows;
    }

    private static void Fill(SqlConnection writer) => writer.Execute("BEGIN; INSERT INTO meta VALUES('filler' || hex(randomblob(16)), hex(zeroblob(32768))); COMMIT");

    private sealed class Said : ILogger
    {
        public ConcurrentQueue<string> Messages { get; } = new();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Messages.Enqueue(formatter(state, exception));
    }

    /// <summary>How often the WAL was begun anew, from its header.</summary>
    private static uint Generation(string file)
    {
        using var wal = new FileStream(file + "-wal", FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        Span<byte> header = stackalloc byte[16];
        return wal.ReadAtLeast(header, 16, throwOnEndOfStream: false) < 16 ? 0 : BinaryPrimitives.ReadUInt32BigEndian(header[12..]);
    }
}
