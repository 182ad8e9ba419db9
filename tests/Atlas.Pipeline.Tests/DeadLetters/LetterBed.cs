using System.Text;
using Atlas.Pipeline.DeadLetters;
using Atlas.Pipeline.Ledger;
using Atlas.Urls;
using Microsoft.Extensions.Time.Testing;

namespace Atlas.Pipeline.Tests.DeadLetters;

/// <summary>A ledger into which dead letters are written by chance, and what was written.</summary>
internal sealed class LetterBed : IDisposable
{
    public static readonly DateTimeOffset Start = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private static readonly string[] Hosts = ["a.test", "www.a.test", "b.co.uk", "shop.b.co.uk", "c.test:8080", "", "192.0.2.1", "xn--bcher-kva.example"];
    private static readonly byte[][] Odd = ["no url at all"u8.ToArray(), [0xFF, 0x00, 0x41, 0x80], "a\nb \"c\" \\ \u2028 \uD83D\uDE00"u8.ToArray(), [], "\u0001\u001F\u007F"u8.ToArray()];
    private static readonly Reason[] RefusedFor = [Reason.Malformed, Reason.SchemeFile, Reason.SchemeUnsupported, Reason.RuledOut, Reason.Unrouted, Reason.NotUtf8];
    private static readonly Reason[] DiedOf = [Reason.Http(404), Reason.Http(410), Reason.Http(503), Reason.Timeout, Reason.TooLarge, Reason.DnsNotFound];
    private static readonly string[] Sources = ["feed", "lines", "found"];

    /// <summary>Of one letter, of two and of more; of lines, errors and reasons; such as stand nowhere; and one that is none in UTF-8.</summary>
    private static readonly string[] Words = ["A.tEsT/", "7", "/9", "shop.b", "what it met", "WHAT", "timeout", "http_", "zebra", "no url", "\u00E9", "end of a long one", "\"c\"", "test/1"];

    private readonly SqlConnection _ledger;
    private readonly SqlStatement _refuse, _bury, _attempt, _goneRefused, _goneDead, _gone, _forget;
    private readonly Random _chance;
    private long _sequence;

    public LetterBed(int seed)
    {
        _chance = new Random(seed);
        Directory = System.IO.Directory.CreateTempSubdirectory("atlas-letters-test-").FullName;
        Time.SetUtcNow(Start.AddDays(30));
        SqliteLedger.Open(Directory, new Seams { Time = Time }).DisposeAsync().AsTask().GetAwaiter().GetResult();
        _ledger = SqlConnection.Open(StateDirectory.LedgerFileIn(Directory));
        for (var source = 0; source < Sources.Length; source++)
            _ledger.Prepare("INSERT INTO sources(id, name) VALUES(?1, ?2)").Bind(1, source + 1).Bind(2, Sources[source]).Run();
        _refuse = _ledger.Prepare("INSERT INTO refused(seq, line, packed) VALUES(?1, ?2, ?3)");
        _bury = _ledger.Prepare("""
            INSERT INTO dead(seq, content_id, source_url, original_error, failure_classification, retry_count, quarantined_at, notes, source_name, source_offset, ruleset_version)
            VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, '', ?8, 0, ?9)
            """);
        _attempt = _ledger.Prepare("INSERT OR REPLACE INTO attempts(seq, n, at, status, latency_ms, reason, error) VALUES(?1, ?2, ?3, 0, 5, 'timeout', 'slow')");
        _goneRefused = _ledger.Prepare("DELETE FROM refused WHERE seq = ?1");
        _goneDead = _ledger.Prepare("DELETE FROM dead WHERE seq = ?1");
        _forget = _ledger.Prepare("DELETE FROM attempts WHERE seq = ?1");
        _gone = _ledger.Prepare("INSERT INTO letters_gone(seq) VALUES(?1)");
    }

    public string Directory { get; }

    public FakeTimeProvider Time { get; } = new();

    /// <summary>What is there now.</summary>
    public List<Known> Letters { get; } = [];

    public string IndexFile(string name) => Path.Combine(LetterIndex.DirectoryIn(Directory), name);

    public LetterIndex Open() => LetterIndex.OpenAsync(Directory, new StepProgress(Time), new Seams { Time = Time }).GetAwaiter().GetResult();

    /// <summary>New letters, some taken away again, and some of these dead once more.</summary>
    public void Change(int added, int taken)
    {
        _ledger.Execute("BEGIN");
        for (var i = 0; i < added; i++)
        {
            _sequence += 1 + _chance.Next(3);
            if (_chance.Next(2) == 0)
                Refuse(_sequence);
            else
                Bury(_sequence);
        }

        for (var i = 0; i < taken && Letters.Count > 0; i++)
        {
            var at = _chance.Next(Letters.Count);
            var letter = Letters[at];
            Letters.RemoveAt(at);
            (letter.Kind == LetterKinds.Died ? _goneDead : _goneRefused).Bind(1, letter.Sequence).Run();
            _gone.Bind(1, letter.Sequence).Run();
            _forget.Bind(1, letter.Sequence).Run();
            if (_chance.Next(3) == 0 && letter.Kind == LetterKinds.Died)
                Bury(letter.Sequence);
            else if (_chance.Next(3) == 0 && letter.Kind == LetterKinds.Refused)
                Refuse(letter.Sequence);
        }

        _ledger.Prepare("INSERT INTO counters(name, code, value) VALUES('sequence', 0, ?1) ON CONFLICT DO UPDATE SET value = excluded.value").Bind(1, _sequence).Run();
        _ledger.Execute("COMMIT");
    }

    /// <summary>Takes the first letters away, for good.</summary>
    public void TakeFirst(int taken)
    {
        foreach (var letter in Letters.Take(taken))
        {
            (letter.Kind == LetterKinds.Died ? _goneDead : _goneRefused).Bind(1, letter.Sequence).Run();
            _gone.Bind(1, letter.Sequence).Run();
        }

        Letters.RemoveRange(0, taken);
    }

    /// <summary>Notes, facts, repeats, histories and reasons of a later program for some of them.</summary>
    public void Describe()
    {
        _ledger.Execute("BEGIN");
        foreach (var letter in Letters)
        {
            if (_chance.Next(3) == 0)
            {
                _ledger.Prepare("INSERT INTO letter_notes(seq, notes, facts) VALUES(?1, ?2, ?3)").Bind(1, letter.Sequence).Bind(2, _chance.Next(2) == 0 ? "" : "asked \"them\"\n\u00E9")
                    .Bind(3, _chance.Next(3) switch { 0 => null, 1 => """{ "row" : [1, 2.50, null], "atlas" : "no object", "t\u00E4": {"x": "\ud83d\ude00"} }""", _ => "no json" }).Run();
            }

            if (letter.Kind == LetterKinds.Refused && _chance.Next(3) == 0)
            {
                _ledger.Prepare("INSERT OR IGNORE INTO refused_again(content_id, count, last_at) SELECT substr(packed, 1, 16), ?2, ?3 FROM refused WHERE seq = ?1")
                    .Bind(1, letter.Sequence).Bind(2, _chance.Next(1, 9)).Bind(3, letter.At + 1_000).Run();
            }

            if (_chance.Next(20) == 0)
                _ledger.Prepare("UPDATE dead SET failure_classification = 'of_a_later_program' WHERE seq = ?1").Bind(1, letter.Sequence).Run();
            for (var n = 3; letter.Kind == LetterKinds.Died && n < 3 + _chance.Next(4); n++)
                _attempt.Bind(1, letter.Sequence).Bind(2, n).Bind(3, letter.At - n).Run();
        }

        _ledger.Execute("COMMIT");
    }

    /// <summary>A filter by chance; about half of its conditions say nothing.</summary>
    public static LetterFilter AnyFilter(Random chance) => new()
    {
        Reasons = Some(chance, [.. RefusedFor, .. DiedOf]),
        Classes = Some(chance, [ErrorClass.Permanent, ErrorClass.Transient, ErrorClass.Policy, ErrorClass.Local]),
        Stages = Some(chance, [.. LetterStage.Names]),
        Hosts = Some(chance, ["a.test", "www.a.test", "shop.b.co.uk", "c.test", "192.0.2.1", "nowhere.test"]),
        Domains = Some(chance, ["a.test", "b.co.uk", "c.test", "bücher.example"]).Select(text => LetterFilter.TryParseHost(text, out var host) ? host : text).ToArray(),
        Sources = Some(chance, [.. Sources, "nobody"]),
        Since = chance.Next(4) == 0 ? Start.AddMinutes(chance.Next(1_000)) : null,
        Until = chance.Next(4) == 0 ? Start.AddMinutes(chance.Next(1_000)) : null,
        OlderThan = chance.Next(4) == 0 ? TimeSpan.FromMinutes((30 * 24 * 60) - chance.Next(1_000)) : null,
        NewerThan = chance.Next(4) == 0 ? TimeSpan.FromMinutes((30 * 24 * 60) - chance.Next(1_000)) : null,
        MinAttempts = chance.Next(3) == 0 ? chance.Next(1, 6) : 0,
        Text = chance.Next(3) == 0 ? Words[chance.Next(Words.Length)] : null,
        Kinds = chance.Next(3) == 0 ? LetterKinds.Died : chance.Next(3) == 0 ? LetterKinds.Refused : LetterKinds.Any,
    };

    public void Dispose()
    {
        _ledger.Dispose();
        System.IO.Directory.Delete(Directory, recursive: true);
    }

    private static T[] Some<T>(Random chance, T[] values) => chance.Next(2) == 0 ? [] : [.. values.Where(_ => chance.Next(2) == 0)];

    private void Refuse(long sequence)
    {
        var (line, host) = AnyLine();
        var reason = RefusedFor[_chance.Next(RefusedFor.Length)];
        var (at, source, attempts) = (AnyTime(), _chance.Next(Sources.Length), _chance.Next(4) == 0 ? _chance.Next(1, 4) : 0);
        var packed = new byte[PackedRefusal.Size];
        new PackedRefusal(ContentId.Of(line), reason, default, at, source + 1, sequence * 10, CanonicalizationRules.RulesetVersion).Write(packed);
        _refuse.Bind(1, sequence).BindBlob(2, line).BindBlob(3, packed).Run();
        for (var n = 1; n <= attempts; n++)
            _attempt.Bind(1, sequence).Bind(2, n).Bind(3, at - n).Run();
        Letters.Add(new Known(sequence, LetterKinds.Refused, reason, host, Sources[source], at, attempts, Searched(line, "")));
    }

    private void Bury(long sequence)
    {
        var (line, host) = AnyLine();
        var reason = DiedOf[_chance.Next(DiedOf.Length)];
        var (at, source, attempts) = (AnyTime(), _chance.Next(Sources.Length), _chance.Next(1, 6));
        var error = _chance.Next(2) == 0 ? reason.Name : "what it met";
        _bury.Bind(1, sequence).Bind(2, ContentId.ToHex(ContentId.Of(line))).BindBlob(3, line).Bind(4, error).Bind(5, reason.Name).Bind(6, attempts).Bind(7, at).Bind(8, Sources[source]).Bind(9, CanonicalizationRules.RulesetVersion).Run();
        Letters.Add(new Known(sequence, LetterKinds.Died, reason, host, Sources[source], at, attempts, Searched(line, error)));
    }

    private static string Searched(byte[] line, string error) => Encoding.Latin1.GetString([.. line, 0, .. Encoding.UTF8.GetBytes(error)]);

    private (byte[] Line, string Host) AnyLine()
    {
        if (_chance.Next(20) == 0)
            return (Encoding.UTF8.GetBytes($"http://a.test/{new string('x', 1_000 + _chance.Next(100))}/end of a long one"), "a.test");
        var host = Hosts[_chance.Next(Hosts.Length)];
        if (host.Length == 0)
            return (Odd[_chance.Next(Odd.Length)], "");
        var line = $"http{(_chance.Next(2) == 0 ? "s" : "")}://{(_chance.Next(2) == 0 ? host.ToUpperInvariant() : host)}/{_chance.Next(1_000)}";
        return (Encoding.UTF8.GetBytes(line), host.Split(':')[0]);
    }

    /// <summary>Many at the same moment, as a batch has.</summary>
    private long AnyTime() => Start.AddMinutes(_chance.Next(1_000)).ToUnixTimeMilliseconds();

    /// <summary>What the ledger was told.</summary>
    public sealed record Known(long Sequence, LetterKinds Kind, Reason Reason, string Host, string Source, long At, int Attempts, string Searched)
    {
        public LetterPlace Place => new(At, Sequence);

        public string Domain => Encoding.ASCII.GetString(RegistrableDomain.Of(Encoding.ASCII.GetBytes(Host)));

        /// <summary>The filter again, as plainly as can be.</summary>
        public bool Fits(LetterFilter filter, DateTimeOffset now) =>
            (filter.Reasons.Count == 0 || filter.Reasons.Contains(Reason))
            && (filter.Classes.Count == 0 || filter.Classes.Contains(Reason.Class))
            && (filter.Stages.Count == 0 || filter.Stages.Contains(LetterStage.Of(Reason)))
            && (filter.Hosts.Count == 0 || filter.Hosts.Contains(Host))
            && (filter.Domains.Count == 0 || filter.Domains.Contains(Domain))
            && (filter.Sources.Count == 0 || filter.Sources.Contains(Source))
            && (filter.Since is not { } since || Time >= since)
            && (filter.Until is not { } until || Time < until)
            && (filter.OlderThan is not { } older || now - Time >= older)
            && (filter.NewerThan is not { } newer || now - Time < newer)
            && (filter.Text is not { } text || Has(Searched, text) || Has(Reason.Name, text))
            && Attempts >= filter.MinAttempts
            && (Kind & filter.Kinds) != 0;

        /// <summary>Byte for byte, but for the case of ASCII letters.</summary>
        private static bool Has(string bytes, string text) => Lower(bytes).Contains(Lower(Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text))), StringComparison.Ordinal);

        private static string Lower(string bytes) => string.Concat(bytes.Select(letter => char.IsAsciiLetterUpper(letter) ? char.ToLowerInvariant(letter) : letter));

        private DateTimeOffset Time => DateTimeOffset.FromUnixTimeMilliseconds(At);
    }
}
