using System.Diagnostics;
using System.Globalization;
using System.Text;
using Atlas.Pipeline.Buffer;
using Atlas.Pipeline.Hosts;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.LoadTests;

/// <summary>What a pick costs by how many URLs are queued: the buffer over a real ledger, hosts that answer at once, and a clock that moves by the given rate.</summary>
/// <remarks>A pick is what the frontier does for a group of items before they are sent: refill, read again, take, and claim in the ledger.</remarks>
internal static class FrontierBench
{
    /// <summary>Items asked for in one pick.</summary>
    private const int Group = 64;

    /// <summary>Items that the imagined workers fetch in a second.</summary>
    private const int Rate = 1_000;

    private const int Hosts = 10_000;

    /// <param name="folder">For the states, one after the other.</param>
    /// <param name="sizes">Rows queued.</param>
    /// <param name="picks">Items to offer in each of them, at most as many as half of the hosts' that are many.</param>
    public static async Task RunAsync(string folder, IReadOnlyList<int> sizes, int picks)
    {
        // So that nothing is compiled while it is measured.
        await RunAsync(Path.Combine(folder, "frontier"), 20_000, 90, 1_000);
        foreach (var hot in new[] { 0, 90 })
        {
            Console.WriteLine(hot == 0
                ? string.Create(CultureInfo.InvariantCulture, $"\n{Hosts:N0} hosts with equally many URLs\n")
                : string.Create(CultureInfo.InvariantCulture, $"\none host with {hot} % of the URLs, {Hosts:N0} others with the rest\n"));
            Console.WriteLine("| queued | offered | µs per item, p50 | p99 | mean | times the first line's mean | rows read per item | held by number at the end | seconds they would take | of them nothing could be fetched | s to start again |");
            Console.WriteLine("|---|---|---|---|---|---|---|---|---|---|---|");
            var first = 0.0;
            foreach (var rows in sizes)
            {
                var state = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"frontier-{hot}-{rows}"));
                var result = await RunAsync(state, rows, hot, Math.Min(picks, rows * (100L - hot) / 200));
                Directory.Delete(state, recursive: true);
                first = first == 0 ? result.Mean : first;
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"| {rows:N0} | {result.Offered:N0} | {result.At(0.5):0.0} | {result.At(0.99):0.0} | {result.Mean:0.0} | {result.Mean / first:0.00} | {result.RowsRead / (double)result.Offered:0.00} | {result.Remembered:N0} | {result.Elapsed.TotalSeconds:N0} | {result.Idle.TotalSeconds:N0} | {result.Restart.TotalSeconds:0.0} |"));
            }
        }
    }

    private static async Task<Picked> RunAsync(string state, int rows, int hot, long picks)
    {
        await using (var ledger = SqliteLedger.Open(state, new Seams()))
            await FillAsync(ledger, rows, hot);

        // Opened anew, so that no page of it is in SQLite's cache.
        Picked picked;
        await using (var counted = new CountedLedger(SqliteLedger.Open(state, new Seams())))
            picked = await new Picking(counted).RunAsync(picks);
        var clock = Stopwatch.StartNew();
        await using var again = new CountedLedger(SqliteLedger.Open(state, new Seams()));
        await new Picking(again).TakeOverAsync();
        picked.Restart = clock.Elapsed;
        return picked;
    }

    private static async Task FillAsync(SqliteLedger ledger, int rows, int hot)
    {
        var pool = new UrlBatchPool();
        var weights = new PriorityWeights();
        var random = new Random(1);
        for (var number = 0; number < rows;)
        {
            var batch = pool.Rent();
            batch.Source = "lines";
            var end = 0;
            for (; batch.Count < UrlBatch.MaxRows && number < rows; number++)
            {
                var host = number % 100 < hot ? "hot" : (hot == 0 ? number : number / 100 * (100 - hot) + (number % 100) - hot) % Hosts is var other ? string.Create(CultureInfo.InvariantCulture, $"host-{other}") : "";
                var length = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"https://{host}.example/section/article-{number}"), batch.Text.AsSpan(end));
                batch.Rows[batch.Count++] = new UrlRow
                {
                    TextStart = end,
                    TextLength = length,
                    ContentId = new UInt128((ulong)random.NextInt64(), (ulong)random.NextInt64()),
                    Strategy = ProcessingStrategy.HttpContent,
                    Priority = (PriorityClass)random.Next(PriorityClasses.Names.Count),
                    Depth = (byte)random.Next(4),
                };
                end += length;
            }

            weights.Apply(batch);
            await ledger.AdmitAsync(batch);
        }

        await ledger.FlushAsync();
    }

    /// <summary>One run: what the frontier's loop does, with every host answering as soon as the clock has moved.</summary>
    private sealed class Picking
    {
        private static readonly HostsOptions Polite = new();

        private readonly CountedLedger _ledger;
        private readonly MovedClock _clock = new();
        private readonly PriorityBuffer _buffer;
        private readonly BufferFeed _feed;
        private readonly Picked _picked = new();

        public Picking(CountedLedger ledger)
        {
            var (options, seams) = (new BufferOptions(), new Seams { Time = _clock });
            _ledger = ledger;
            _buffer = new PriorityBuffer(options, new HostGate(Polite, new Random(1)), _clock);
            _feed = new BufferFeed(options, _buffer, new Suspects(), new RetryPolicy(options, new Random(1)), new DueDocuments(after: null, ledger, _clock), ledger, seams);
        }

        /// <summary>What a start does before anything is fetched.</summary>
        public Task TakeOverAsync() => _feed.HoldUnfinishedAsync();

        public async Task<Picked> RunAsync(long picks)
        {
            var start = _clock.GetUtcNow();

            // The first picks fill the buffer.
            var warm = Math.Min(20, picks / Group / 4);
            for (var round = 0; _picked.Offered < picks; round++)
            {
                var began = Stopwatch.GetTimestamp();
                var group = await PickAsync();
                if (round >= warm)
                    _picked.Note(Stopwatch.GetElapsedTime(began), group.Count);
                _picked.Offered += group.Count;
                _clock.Move(TimeSpan.FromSeconds(group.Count / (double)Rate));
                await EndAsync(group);
            }

            (_picked.RowsRead, _picked.Remembered, _picked.Elapsed) = (_ledger.RowsRead, _buffer.Remembered, _clock.GetUtcNow() - start);
            return _picked;
        }

        private async Task<List<WorkItem>> PickAsync()
        {
            var group = new List<WorkItem>();
            while (true)
            {
                await _feed.TopUpAsync(Group);
                while (group.Count < Group && _buffer.TryTake(out var item))
                    group.Add(item);
                if (group.Count > 0)
                    break;
                if (await _feed.LookFurtherAsync())
                    continue;
                var next = _buffer.NextChange ?? throw new InvalidOperationException("Nothing is left that may ever be fetched.");
                _picked.Idle += next - _clock.GetUtcNow();
                _clock.Move(next - _clock.GetUtcNow());
            }

            await _ledger.ClaimAsync(group);
            return group;
        }

        private async Task EndAsync(List<WorkItem> group)
        {
            var at = 0;
            foreach (var item in group)
            {
                _buffer.Sending(item);
                _buffer.Answered(item);
                _buffer.Ended(item, HostOutcome.Answered);
            }

            await _ledger.CompleteAsync(
                group.ConvertAll(item => new CompletedDocument(
                    item,
                    new FetchedDocument { FinalUrl = item.Url, Status = 200, FetchedAt = _clock.GetUtcNow(), WireBytes = 1_000 },
                    Guid.NewGuid().ToByteArray(),
                    new BodyPlace(1, at++, 1))),
                new SegmentTail(1, at));
        }
    }

    /// <summary>What a run came to.</summary>
    private sealed class Picked
    {
        private readonly List<(double Microseconds, int Items)> _rounds = [];

        public int Offered { get; set; }

        public long RowsRead { get; set; }

        public int Remembered { get; set; }

        /// <summary>By the clock of the run.</summary>
        public TimeSpan Elapsed { get; set; }

        /// <summary>By that clock: when nothing could be taken.</summary>
        public TimeSpan Idle { get; set; }

        /// <summary>By the machine's clock: a start on the state that the run has left, before anything is fetched.</summary>
        public TimeSpan Restart { get; set; }

        public double Mean => _rounds.Sum(round => round.Microseconds * round.Items) / _rounds.Sum(round => round.Items);

        public void Note(TimeSpan time, int items) => _rounds.Add((time.TotalMicroseconds / items, items));

        /// <summary>Of all items.</summary>
        public double At(double share)
        {
            var left = share * _rounds.Sum(round => round.Items);
            return _rounds.OrderBy(round => round.Microseconds).First(round => (left -= round.Items) <= 0).Microseconds;
        }
    }

    /// <summary>Time that moves when it is told to.</summary>
    private sealed class MovedClock : TimeProvider
    {
        private DateTimeOffset _now = System.GetUtcNow();

        public override DateTimeOffset GetUtcNow() => _now;

        public override long GetTimestamp() => _now.UtcTicks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void Move(TimeSpan by) => _now += by;
    }
}
