using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Atlas.Pipeline.AcceptanceTests.Crash;

/// <summary>One state that is killed at one point, round after round, and looked at from outside after each.</summary>
internal sealed class CrashBench : IAsyncDisposable
{
    private const int Killed = 128 + 9;
    private static readonly TimeSpan BetweenPieces = TimeSpan.FromMilliseconds(8);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly CrashPoint _point;
    private readonly bool _isTail;
    private readonly Workbench _bench;
    private readonly CrashInput _input;
    private readonly string _pipeline;
    private readonly string _acknowledged;
    private readonly Random _chance;
    private int _rowsBefore;

    /// <summary>Often; but the first half of a line counts as a line once its file was renamed and two looks found nothing new, and the kill must come before that.</summary>
    private int PollMilliseconds => _point.Outer == OuterKill.RenamedInALine ? 1_000 : 10;

    private CrashBench(CrashPoint point, bool isTail, Workbench bench)
    {
        _point = point;
        _isTail = isTail;
        _bench = bench;
        _chance = new Random(point.Name.Sum(letter => letter) + (isTail ? 1 : 0));
        _input = new CrashInput(isTail, bench.Folder, point.NeedsWeb ? bench.Site.Port : 0);
        _acknowledged = Path.Combine(bench.Folder, "acknowledged");
        _pipeline = bench.Write("crash.yaml", $$"""
            name: crash
            state: ./state
            sources:
              feed: { {{(isTail ? $"type: file_tail, paths: [\"./inbox/*.log\"], poll_ms: {PollMilliseconds}" : "type: stdin")}} }
            stages:
              normalize: { from: feed, parallelism: 2 }
              classify:  { from: normalize, parallelism: 2 }
              dedup:     { from: classify, expected_urls: 20000, memory_bytes: 16777216, checkpoint_every_urls: 150 }
              buffer:    { from: dedup }
            {{(point.NeedsWeb ? Web(bench.Site.Port) : "")}}
            """);
    }

    public static async Task<CrashBench> OpenAsync(CrashPoint point, bool isTail) => new(point, isTail, await Workbench.OpenAsync());

    /// <summary>Starts the program, feeds it until it is dead, and says what is wrong with what it left.</summary>
    public async Task<CrashFindings> KillAsync()
    {
        File.Delete(_acknowledged);
        var count = _chance.Next(_point.Earliest, _point.Latest + 1);
        using var program = AtlasProgram.StartUnderFaults(
            _bench.Folder, _point.Outer is null ? string.Create(CultureInfo.InvariantCulture, $"{_point.Name}:{count}") : null, _acknowledged,
            "run", _pipeline, "--state", _bench.State, "--quiet");
        await FeedAsync(program, count);
        var ended = await program.WaitAsync(Patience);
        Assert.True(ended.ExitCode == Killed, $"{this}: it was not killed at time {count} of it, but ended with {ended}");
        return Look(isWhole: false);
    }

    /// <summary>The shipped program on what is left, to the end of the input.</summary>
    public async Task<CrashFindings> FinishAsync()
    {
        _input.End();
        File.Delete(_acknowledged);
        var list = _bench.Write("list", string.Concat(_input.Lines.Select(line => line + "\n")));
        string[] arguments = ["run", _pipeline, "--state", _bench.State, "--quiet", "--report", "-", .. _isTail ? (string[])["--set", "sources.feed.follow=false"] : []];
        var last = await AtlasProgram.RunAsync(_bench.Folder, _isTail ? null : list, arguments);

        Assert.True(last.ExitCode == 0, $"{this}: the run after the kills ended with {last}");
        Assert.True(last.Report.GetProperty("balanced").GetBoolean());
        var findings = Look(isWhole: true);
        if (_point.NeedsWeb)
            Assert.Equal(Distinct(_input.Lines).Count(key => !key.IsRefused), last.Report.GetProperty("done").GetInt64());
        return findings;
    }

    public override string ToString() => $"{_point.Name} with {(_isTail ? "file_tail" : "stdin")}";

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    private static string Web(int port) => string.Create(CultureInfo.InvariantCulture, $$"""
          fetch:     { from: buffer, user_agent: "crash", robots: false, per_host_delay_ms: 0, allow_networks: ["127.0.0.0/8"], allow_ports: [{{port}}] }
          persist:   { from: fetch }
        """);

    private async Task FeedAsync(AtlasProgram program, int pieces)
    {
        var patience = Stopwatch.StartNew();
        await _input.BeginAsync(program);
        for (var piece = 1; !program.HasExited; piece++)
        {
            Assert.True(patience.Elapsed < Patience, $"{this}: the point was not reached.");
            await _input.GoOnAsync(program);
            await Task.Delay(BetweenPieces, TestContext.Current.CancellationToken);
            if (piece < pieces || (_point.Outer is null && !_point.IsAtEnd))
                continue;
            await EndAsync(program, patience);
            return;
        }
    }

    private async Task EndAsync(AtlasProgram program, Stopwatch patience)
    {
        var later = TimeSpan.FromMilliseconds(_chance.Next(20));
        switch (_point.Outer)
        {
            case OuterKill.AnyMoment:
                await Task.Delay(later, TestContext.Current.CancellationToken);
                program.Kill();
                break;
            case { } rotation:
                await WhenSomethingIsAcknowledgedAsync(program, patience);
                await _input.RotateAndKillAsync(program, rotation, later);
                break;
            default:
                await WhenSomethingIsAcknowledgedAsync(program, patience);
                if (_isTail)
                    program.Signal("TERM");
                else
                    program.CloseInput();
                break;
        }
    }

    private async Task WhenSomethingIsAcknowledgedAsync(AtlasProgram program, Stopwatch patience)
    {
        while (Acknowledged() == 0 && !program.HasExited)
        {
            Assert.True(patience.Elapsed < Patience, $"{this}: nothing is committed.");
            await _input.GoOnAsync(program);
            await Task.Delay(BetweenPieces, TestContext.Current.CancellationToken);
        }
    }

    private CrashFindings Look(bool isWhole)
    {
        var ledger = CrashedLedger.Read(_bench.State);
        var found = ledger.Rows.ToHashSet();
        var expected = isWhole ? Distinct(_input.Lines) : _isTail ? Distinct(LinesBeforeOffsets(ledger)) : Distinct(PrefixOf(ledger));
        var lost = expected.Except(found).Count() + (int)Math.Max(0, _rowsBefore + Acknowledged() - ledger.Rows.Count);
        var unexpected = found.Except(expected).Count();
        var offsets = _isTail && ledger.Received != LinesBeforeOffsets(ledger).Count ? 1 : 0;
        _rowsBefore = ledger.Rows.Count;
        return new CrashFindings(1, lost, ledger.Rows.Count - found.Count, unexpected + offsets, ledger.Damage.Count);
    }

    /// <summary>Rows that the program has been told are durable.</summary>
    private long Acknowledged()
    {
        if (!File.Exists(_acknowledged))
            return 0;
        var count = File.ReadAllBytes(_acknowledged);
        return count.Length == sizeof(long) ? BinaryPrimitives.ReadInt64LittleEndian(count) : 0;
    }

    private static HashSet<(bool IsRefused, int Number)> Distinct(IEnumerable<string> lines) => lines.Select(CrashLines.KeyOf).ToHashSet();

    /// <summary>Of a list that is read in order, the rows that are there are those of its beginning: the shortest one that has as many.</summary>
    private List<string> PrefixOf(CrashedLedger ledger)
    {
        var keys = new HashSet<(bool, int)>();
        return _input.Lines.TakeWhile(line => keys.Count < ledger.Rows.Count && (keys.Add(CrashLines.KeyOf(line)) || true)).ToList();
    }

    /// <summary>Of files, those of all whole lines before the committed positions; a position inside of a line shows as a line that nobody wrote.</summary>
    private List<string> LinesBeforeOffsets(CrashedLedger ledger)
    {
        var lines = new List<string>();
        foreach (var file in _input.Files)
        {
            if (ledger.Offsets.Where(offset => IsOf(offset.Key, file)).Select(offset => offset.Value).SingleOrDefault() is not (> 0 and var end))
                continue;
            var text = Encoding.ASCII.GetString(File.ReadAllBytes(file).AsSpan(0, (int)end));
            Assert.True(text.EndsWith('\n'), $"{this}: the position {end} of {file} is not the end of a line.");
            lines.AddRange(text.TrimEnd('\n').Split('\n'));
        }

        return lines;
    }

    /// <summary>An identity is device:device:inode:birth in hexadecimal.</summary>
    private static bool IsOf(string identity, string file)
    {
        using var stat = Process.Start(new ProcessStartInfo("stat", ["-c", "%i", file]) { RedirectStandardOutput = true })!;
        var inode = ulong.Parse(stat.StandardOutput.ReadToEnd().Trim(), CultureInfo.InvariantCulture);
        return identity.Split(':')[2] == inode.ToString("x", CultureInfo.InvariantCulture);
    }
}

/// <summary>What was wrong after some kills; all but the first are 0 when nothing was.</summary>
/// <param name="Looks">How often it was looked.</param>
/// <param name="Lost">Rows that were acknowledged, or lie before a committed position, and are not there.</param>
/// <param name="Twice">Rows that stand there again.</param>
/// <param name="Beyond">Rows and counts that no committed position covers.</param>
/// <param name="Damaged">What SQLite finds wrong, and bodies that are not what their rows say.</param>
internal sealed record CrashFindings(int Looks, int Lost, int Twice, int Beyond, int Damaged)
{
    public static CrashFindings operator +(CrashFindings one, CrashFindings other) =>
        new(one.Looks + other.Looks, one.Lost + other.Lost, one.Twice + other.Twice, one.Beyond + other.Beyond, one.Damaged + other.Damaged);

    public bool IsClean => this == new CrashFindings(Looks, 0, 0, 0, 0);
}
