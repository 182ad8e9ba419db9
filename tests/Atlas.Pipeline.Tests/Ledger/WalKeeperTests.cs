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
        await using var bed = await WalBed.OpenAsync();
        using var keeper = WalBed.Keep(SqlConnection.Open(bed.File), NullLogger.Instance);
        bed.Fill();
        var begun = bed.Generation();

        var rows = bed.Write(keeper, until: () => bed.Generation() >= begun + 3);

        Assert.Equal(rows + 1, bed.Ledger.Scalar("SELECT count(*) FROM meta WHERE name LIKE 'filler%'"));
        Assert.Equal("ok", bed.Ledger.Text("PRAGMA integrity_check"));
    }

    [Fact]
    public async Task A_reader_keeps_the_wal_and_the_writer_goes_on()
    {
        await using var bed = await WalBed.OpenAsync();
        using var keeper = WalBed.Keep(SqlConnection.Open(bed.File), NullLogger.Instance);
        bed.Fill();
        var begun = bed.Generation();
        using (var reader = SqlConnection.Open(bed.File, readOnly: true))
        {
            reader.Execute("BEGIN");
            Assert.Equal(1, reader.Scalar("SELECT count(*) FROM meta WHERE name LIKE 'filler%'"));

            bed.Write(keeper, until: () => bed.WalBytes > 4 * Bound);

            Assert.Equal(begun, bed.Generation());
            Assert.Equal(1, reader.Scalar("SELECT count(*) FROM meta WHERE name LIKE 'filler%'"));
            reader.Execute("COMMIT");
        }

        bed.Write(keeper, until: () => bed.Generation() > begun);
    }

    [Fact]
    public async Task A_wal_that_cannot_be_copied_is_said_and_ends_the_writer_after_a_few()
    {
        await using var bed = await WalBed.OpenAsync();
        var log = new Said();
        using var keeper = WalBed.Keep(SqlConnection.Open(bed.File, readOnly: true), log);

        var failure = Assert.Throws<LedgerException>(() => bed.Write(keeper, until: () => false));

        Assert.True(failure.IsOfTheMachine, failure.Message);
        Assert.Equal(5, log.Messages.Count);
        Assert.Contains("(5 in a row)", log.Messages.Last(), StringComparison.Ordinal);
    }

    private sealed class Said : ILogger
    {
        public ConcurrentQueue<string> Messages { get; } = new();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Messages.Enqueue(formatter(state, exception));
    }

    /// <summary>A ledger that a connection of the test writes to.</summary>
    private sealed class WalBed : IAsyncDisposable
    {
        private readonly SqlConnection _writer;

        private WalBed(LedgerTestBed ledger)
        {
            Ledger = ledger;
            _writer = LedgerSchema.OpenForWriting(File);
        }

        public LedgerTestBed Ledger { get; }

        public string File => Path.Combine(Ledger.Directory, "ledger.db");

        public long WalBytes => new FileInfo(File + "-wal").Length;

        public static async Task<WalBed> OpenAsync()
        {
            var ledger = LedgerTestBed.Fresh();
            await ledger.Ledger.DisposeAsync();
            return new WalBed(ledger);
        }

        public static WalKeeper Keep(SqlConnection connection, ILogger log) => new(connection, log, Bound);

        /// <summary>A commit of some size.</summary>
        public void Fill() => _writer.Execute("BEGIN; INSERT INTO meta VALUES('filler' || hex(randomblob(16)), hex(zeroblob(32768))); COMMIT");

        /// <summary>Commits until something is so, and returns how often.</summary>
        public int Write(WalKeeper keeper, Func<bool> until)
        {
            var start = Stopwatch.GetTimestamp();
            var rows = 0;
            while (!until())
            {
                Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(60), $"{File}-wal has {WalBytes} bytes after {rows} commits.");
                Fill();
                rows++;
                keeper.Committed(_writer, rows: 16_384);
            }

            return rows;
        }

        /// <summary>How often the WAL was begun anew, from its header.</summary>
        public uint Generation()
        {
            using var wal = new FileStream(File + "-wal", FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            Span<byte> header = stackalloc byte[16];
            return wal.ReadAtLeast(header, 16, throwOnEndOfStream: false) < 16 ? 0 : BinaryPrimitives.ReadUInt32BigEndian(header[12..]);
        }

        public async ValueTask DisposeAsync()
        {
            _writer.Dispose();
            await Ledger.DisposeAsync();
        }
    }
}
