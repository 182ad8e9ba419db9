using System.Diagnostics;
using System.Globalization;
using System.Text;
using Atlas.Pipeline.DeadLetters;
using Atlas.Pipeline.Ledger;
using Atlas.Urls;

namespace Atlas.Pipeline.LoadTests;

/// <summary>What questions about many dead letters cost: an index made anew, brought up to date, and asked.</summary>
/// <param name="folder">The state directory. One that has letters from an earlier run is taken as it is.</param>
/// <param name="letters">How many, seven of ten refused lines and the rest URLs that died.</param>
internal sealed class LettersBench(string folder, int letters)
{
    private const int Rounds = 20;

    /// <summary>A host of these has one letter in a thousand; most have a few each.</summary>
    private const int Hosts = 1_000_000;

    private static readonly Reason[] RefusedFor = [Reason.SchemeFile, Reason.SchemeFile, Reason.SchemeFile, Reason.Malformed, Reason.SchemeUnsupported, Reason.RuledOut];
    private static readonly Reason[] DiedOf = [Reason.Http(404), Reason.Http(404), Reason.Http(404), Reason.Http(410), Reason.Http(500), Reason.Timeout, Reason.DnsNotFound, Reason.TooLarge];

    private readonly Random _chance = new(1);

    public async Task RunAsync()
    {
        await MakeAsync();
        if (Directory.Exists(LetterIndex.DirectoryIn(folder)))
            Directory.Delete(LetterIndex.DirectoryIn(folder), recursive: true);
        await TimeAsync("index made anew", 1, async () => (await OpenAsync()).Dispose(), per: letters);
        await TimeAsync("opened, nothing new", Rounds, async () => (await OpenAsync()).Dispose());
        Change(letters / 100);
        await TimeAsync("opened, 1 % new and as many gone", 1, async () => (await OpenAsync()).Dispose());
        using (var index = await OpenAsync())
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{index.Rows:N0} rows, {new FileInfo(Path.Combine(LetterIndex.DirectoryIn(folder), "columns")).Length / (double)(1 << 20):N0} MiB, and {new FileInfo(Path.Combine(LetterIndex.DirectoryIn(folder), "text")).Length / (double)(1 << 20):N0} MiB of text"));
            foreach (var text in (string[])["all", "reason=http_404", "class=permanent", "stage=classify", "host=host5.example", "domain=host7.example", "host=nowhere.example", "source=feed", "min_attempts=4", "since=2026-01-05T00:00:00Z until=2026-01-06T00:00:00Z", "reason=http_404,http_500,malformed,timeout,too_large class=permanent source=feed since=2026-01-02T00:00:00Z min_attempts=2",
                "text=of/it", "text=www.host5.example", "text=8123456", "text=zebra", "text=e", "reason=http_404 text=host77"])
            {
                if (!LetterFilterText.TryParse(text, out var filter, out var mistake))
                    throw new InvalidOperationException(mistake);
                long? count = 0;
                await TimeAsync($"list {text}", Rounds, () =>
                {
                    count = index.Ask(columns => columns.Newest(filter, 50)).Count;
                    return Task.CompletedTask;
                });
                if (count is null)
                {
                    await TimeAsync($"count {text}", Rounds, () =>
                    {
                        count = index.Ask(columns => columns.Count(filter));
                        return Task.CompletedTask;
                    });
                }

                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"    {count:N0} fit"));
            }

            foreach (var by in Enum.GetValues<LetterGrouping>())
            {
                await TimeAsync($"counted by {by}", 5, () =>
                {
                    _ = index.Ask(columns => columns.Groups(LetterFilter.All, by));
                    return Task.CompletedTask;
                });
            }

            await TimeAsync("all places, in order", 3, () =>
            {
                _ = index.Ask(columns => columns.Find(LetterFilter.All));
                return Task.CompletedTask;
            }, per: letters);
        }

        using var book = new LetterBook(folder, new StepProgress(TimeProvider.System), new Seams());
        await TimeAsync("a page of 50 with what they say", Rounds, async () => _ = await book.PageAsync(new LetterFilter { Reasons = [Reason.Timeout] }, 50, null));
        var some = await book.FindAsync(new LetterFilter { Reasons = [Reason.Timeout] });
        await TimeAsync(string.Create(CultureInfo.InvariantCulture, $"{Math.Min(some.Count, 200_000):N0} letters read"), 1, () => Task.FromResult(book.Read(some.Take(200_000)).Count()), per: Math.Min(some.Count, 200_000));
    }

    private static async Task TimeAsync(string what, int rounds, Func<Task> work, int per = 0)
    {
        var times = new List<double>();
        for (var round = 0; round < rounds; round++)
        {
            var clock = Stopwatch.StartNew();
            await work();
            times.Add(clock.Elapsed.TotalMilliseconds);
        }

        times.Sort();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{what,-60} p50 {times[times.Count / 2],8:0.0} ms  longest {times[^1],8:0.0} ms{(per > 0 ? $"  {per / times[0] * 1000 / 1e6:0.00} M/s" : "")}"));
    }

    private Task<LetterIndex> OpenAsync() => LetterIndex.OpenAsync(folder, new StepProgress(TimeProvider.System), new Seams());

    private async Task MakeAsync()
    {
        await using (SqliteLedger.Open(folder, new Seams()))
        {
        }

        using var ledger = SqlConnection.Open(StateDirectory.LedgerFileIn(folder));
        if (ledger.Scalar("SELECT EXISTS(SELECT 1 FROM refused)") != 0)
            return;
        await TimeAsync("letters written", 1, () =>
        {
            ledger.Execute("PRAGMA synchronous=OFF; INSERT INTO sources VALUES(1, 'feed'), (2, 'found')");
            Write(ledger, 0, letters);
            return Task.CompletedTask;
        }, per: letters);
    }

    /// <summary>Some come, and as many go.</summary>
    private void Change(int count)
    {
        using var ledger = SqlConnection.Open(StateDirectory.LedgerFileIn(folder));
        Write(ledger, ledger.Scalar("SELECT value FROM counters WHERE name = 'sequence'"), count);
        ledger.Execute("BEGIN");
        var (refused, dead, gone) = (ledger.Prepare("DELETE FROM refused WHERE seq = ?1"), ledger.Prepare("DELETE FROM dead WHERE seq = ?1"), ledger.Prepare("INSERT INTO letters_gone(seq) VALUES(?1)"));
        for (var i = 0; i < count; i++)
        {
            long sequence = _chance.Next(1, letters);
            refused.Bind(1, sequence).Run();
            dead.Bind(1, sequence).Run();
            gone.Bind(1, sequence).Run();
        }

        ledger.Execute("COMMIT");
    }

    private void Write(SqlConnection ledger, long from, int count)
    {
        var refuse = ledger.Prepare("INSERT INTO refused(seq, line, packed) VALUES(?1, ?2, ?3)");
        var bury = ledger.Prepare("""
            INSERT INTO dead(seq, content_id, source_url, original_error, failure_classification, retry_count, quarantined_at, notes, source_name, source_offset, ruleset_version)
            VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, '', ?8, 0, ?9)
            """);
        var packed = new byte[PackedRefusal.Size];
        var start = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();
        ledger.Execute("BEGIN");
        for (var i = 0; i < count; i++)
        {
            var sequence = from + i + 1;
            var at = start + (sequence * 100);
            var host = _chance.Next(10) == 0 ? _chance.Next(1_000) : _chance.Next(Hosts);
            if (_chance.Next(10) < 7)
            {
                var reason = RefusedFor[_chance.Next(RefusedFor.Length)];
                var line = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{(reason == Reason.SchemeFile ? "file:///home/someone/documents" : reason == Reason.SchemeUnsupported ? $"ftp://host{host}.example" : $"http://www.host{host}.example")}/path/of/it/{sequence}?q={host}"));
                new PackedRefusal(ContentId.Of(line), reason, default, at, 1 + (i % 2), sequence * 60, CanonicalizationRules.RulesetVersion).Write(packed);
                refuse.Bind(1, sequence).BindBlob(2, line).BindBlob(3, packed).Run();
            }
            else
            {
                var reason = DiedOf[_chance.Next(DiedOf.Length)];
                var line = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"https://host{host}.example/path/of/it/{sequence}?q={host}"));
                bury.Bind(1, sequence).Bind(2, ContentId.ToHex(ContentId.Of(line))).BindBlob(3, line).Bind(4, reason.Name).Bind(5, reason.Name).Bind(6, 1 + (i % 5)).Bind(7, at).Bind(8, "feed").Bind(9, CanonicalizationRules.RulesetVersion).Run();
            }
        }

        ledger.Prepare("INSERT INTO counters(name, code, value) VALUES('sequence', 0, ?1) ON CONFLICT DO UPDATE SET value = excluded.value").Bind(1, from + count).Run();
        ledger.Execute("COMMIT");
    }
}
