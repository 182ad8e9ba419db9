using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Atlas.Urls;

namespace Atlas.Pipeline.Ledger;

/// <summary>Reads whole dead letters, on a read-only connection beside the writer or without one. One caller at a time.</summary>
internal sealed class LetterReader : IDisposable
{
    /// <summary>Letters that are read at one moment: a scan of hours must not keep a running pipeline from beginning its WAL anew.</summary>
    private const int LettersPerPage = 256;

    private readonly SqlConnection _connection;
    private readonly SqlStatement _refused, _dead, _attempts, _again, _notes, _replays;
    private readonly SqlStatement[] _queues = new SqlStatement[PriorityClasses.Count];
    private readonly List<(long FirstSequence, string Version)> _runs = [];
    private readonly Dictionary<int, string> _sources = [];
    private readonly bool _hasAttempts, _hasRepeats, _hasNotes, _hasReplays;

    /// <summary>The queue that the last row was found in: most letters are of one.</summary>
    private int _likelyQueue = (int)PriorityClass.Normal;

    /// <exception cref="StateDamagedException">The file is no ledger of this version, or its keys are by other rules.</exception>
    /// <exception cref="LedgerException">SQLite does not open it.</exception>
    public LetterReader(string file)
    {
        _connection = LedgerSchema.OpenForReading(file);
        try
        {
            _refused = _connection.Prepare("SELECT line, packed FROM refused WHERE seq = ?1");
            _dead = _connection.Prepare("SELECT content_id, source_url, original_error, failure_classification, retry_count, quarantined_at, source_name, source_offset, ruleset_version FROM dead WHERE seq = ?1");
            _attempts = _connection.Prepare("SELECT n, at, status, latency_ms, reason, error FROM attempts WHERE seq = ?1 ORDER BY n");
            _again = _connection.Prepare("SELECT count, last_at FROM refused_again WHERE content_id = ?1");
            _notes = _connection.Prepare("SELECT notes, coalesce(facts, '') FROM letter_notes WHERE seq = ?1");
            _replays = _connection.Prepare("SELECT filter, at FROM replayed WHERE seq = ?1 ORDER BY at");
            for (var priority = 0; priority < PriorityClasses.Count; priority++)
                _queues[priority] = _connection.Prepare($"SELECT packed FROM {LedgerSchema.QueueOf(priority)} WHERE seq = ?1");
            _hasAttempts = Has("attempts");
            _hasRepeats = Has("refused_again");
            _hasNotes = Has("letter_notes");
            _hasReplays = Has("replayed");
            Load();
        }
        catch
        {
            _connection.Dispose();
            throw;
        }

        bool Has(string table) => _connection.Scalar($"SELECT EXISTS(SELECT 1 FROM {table})") != 0;
    }

    /// <summary>What the last run on the directory wrote down of its rules for keys; empty if none has.</summary>
    public string KeyRules => _connection.Text($"SELECT value FROM meta WHERE name = '{LedgerSchema.KeyRules}'");

    /// <summary>Letters by their numbers, in the order in which they are asked for; those that are gone are left out.</summary>
    public IEnumerable<Letter> Read(IEnumerable<long> sequences)
    {
        foreach (var page in sequences.Chunk(LettersPerPage))
        {
            var letters = new List<Letter>(page.Length);
            _connection.Execute("BEGIN");
            try
            {
                foreach (var sequence in page)
                {
                    if (Find(sequence) is { } letter)
                        letters.Add(letter);
                }
            }
            finally
            {
                _connection.Execute("COMMIT");
            }

            foreach (var letter in letters)
                yield return letter;
        }
    }

    /// <summary>What the fetch said last, or what is wrong with the line; else the reason again.</summary>
    public static string ErrorOf(CanonicalizationError flaw, IReadOnlyList<LetterAttempt> history, string reason) =>
        flaw != CanonicalizationError.None ? Encoding.ASCII.GetString(CanonicalizationErrorNames.Of(flaw))
        : history.Count > 0 && history[^1].Reason == reason && history[^1].Error.Length > 0 ? history[^1].Error
        : reason;

    /// <summary>What a refused line is a letter for, by name, and what is known beyond that.</summary>
    public static (string Reason, string Error) NamesOf(in PackedRefusal packed, IReadOnlyList<LetterAttempt> history, LetterFacts facts)
    {
        var own = Reason.IsKnown(packed.Reason.Code) ? packed.Reason.Name : string.Create(CultureInfo.InvariantCulture, $"code {packed.Reason.Code}");
        var isAsImported = facts.For == own;
        var name = isAsImported && facts.Reason is { } unknown ? unknown : own;
        return (name, isAsImported && facts.Error is { } error ? error : ErrorOf(packed.Flaw, history, name));
    }

    public void Dispose() => _connection.Dispose();

    /// <summary>The numbers of the letters that have one of some content ids.</summary>
    public List<long> Find(IReadOnlySet<UInt128> ids)
    {
        var found = new List<long>();
        var refused = _connection.Prepare("SELECT packed, seq FROM refused");
        while (refused.Step())
            Take(BinaryPrimitives.ReadUInt128BigEndian(refused.Bytes(0)), refused.Int64(1));
        refused.Reset();
        var dead = _connection.Prepare("SELECT content_id, seq FROM dead");
        while (dead.Step())
            Take(IdOf(dead.Text(0)), dead.Int64(1));
        dead.Reset();
        return found;

        void Take(UInt128 id, long sequence)
        {
            if (ids.Contains(id))
                found.Add(sequence);
        }
    }

    private Letter? Find(long sequence) => Refused(sequence) ?? Dead(sequence);

    private Letter? Refused(long sequence)
    {
        if (!_refused.Bind(1, sequence).Step())
        {
            _refused.Reset();
            return null;
        }

        var (line, packed) = (_refused.Bytes(0).ToArray(), PackedRefusal.Read(_refused.Bytes(1)));
        _refused.Reset();
        var (notes, facts) = NotesOf(sequence);
        var history = HistoryOf(sequence);
        var (again, lastAt) = RepeatsOf(packed.ContentId);
        var at = TimeOf(packed.RefusedAt);
        var (name, error) = NamesOf(packed, history, facts);
        return new Letter
        {
            Sequence = sequence,
            Line = line,
            ContentId = packed.ContentId,
            Reason = Reason.IsKnown(packed.Reason.Code) ? packed.Reason : Reason.None,
            ReasonName = name,
            Flaw = packed.Flaw,
            Error = error,
            Attempts = facts.Attempts ?? (history.Count > 0 ? history[^1].Number : 0),
            At = at,
            FirstSeen = facts.FirstSeen is { } seen ? TimeOf(seen) : at,
            LastSeen = again > 0 ? TimeOf(lastAt) : facts.LastSeen is { } last ? TimeOf(last) : at,
            Occurrences = (facts.Occurrences ?? 1) + again,
            Source = _sources.GetValueOrDefault(packed.Source, ""),
            SourceOffset = packed.SourceOffset,
            Depth = packed.Depth,
            Ruleset = packed.Ruleset,
            Version = facts.Version ?? VersionOf(sequence),
            Notes = notes,
            Facts = facts,
            History = history,
            Replays = ReplaysOf(sequence),
        };
    }

    private Letter? Dead(long sequence)
    {
        if (!_dead.Bind(1, sequence).Step())
        {
            _dead.Reset();
            return null;
        }

        var name = _dead.Text(3);
        var at = TimeOf(_dead.Int64(5));
        var letter = new Letter
        {
            Sequence = sequence,
            WasAdmitted = true,
            ContentId = IdOf(_dead.Text(0)),
            Line = _dead.Bytes(1).ToArray(),
            Error = _dead.Text(2),
            Reason = Reason.TryParse(name, out var reason) ? reason : Reason.None,
            ReasonName = name,
            Attempts = (int)_dead.Int64(4),
            At = at,
            FirstSeen = at,
            LastSeen = at,
            Source = _dead.Text(6),
            SourceOffset = _dead.Int64(7),
            Ruleset = (int)_dead.Int64(8),
            Version = VersionOf(sequence),
        };
        _dead.Reset();
        var (notes, facts) = NotesOf(sequence);
        letter = letter with { Notes = notes, Facts = facts, History = HistoryOf(sequence), Replays = ReplaysOf(sequence) };
        letter = QueuedAs(sequence) is { } row ? letter with { FirstSeen = TimeOf(row.CreatedAt), SourceOffset = row.SourceOffset, Depth = row.Depth } : letter;

        // One that was a letter before, and came back by a replay, was seen before it was admitted.
        return facts.FirstSeen is { } seen ? letter with { FirstSeen = TimeOf(seen) } : letter;
    }

    private PackedRow? QueuedAs(long sequence)
    {
        for (var i = 0; i < _queues.Length; i++)
        {
            var at = (_likelyQueue + i) % _queues.Length;
            PackedRow? row = _queues[at].Bind(1, sequence).Step() ? PackedRow.Read(_queues[at].Bytes(0)) : null;
            _queues[at].Reset();
            if (row is null)
                continue;
            _likelyQueue = at;
            return row;
        }

        return null;
    }

    private List<LetterAttempt> HistoryOf(long sequence)
    {
        var history = new List<LetterAttempt>();
        if (!_hasAttempts)
            return history;
        _attempts.Bind(1, sequence);
        while (_attempts.Step())
            history.Add(new LetterAttempt((int)_attempts.Int64(0), TimeOf(_attempts.Int64(1)), (int)_attempts.Int64(2), _attempts.Int64(3), _attempts.Text(4), _attempts.Text(5)));
        _attempts.Reset();
        return history;
    }

    private (long Count, long LastAt) RepeatsOf(UInt128 id)
    {
        if (!_hasRepeats)
            return default;
        Span<byte> key = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(key, id);
        var repeats = _again.BindBlob(1, key).Step() ? (_again.Int64(0), _again.Int64(1)) : default;
        _again.Reset();
        return repeats;
    }

    private (string Notes, LetterFacts Facts) NotesOf(long sequence)
    {
        if (!_hasNotes)
            return ("", LetterFacts.None);
        var notes = _notes.Bind(1, sequence).Step() ? (_notes.Text(0), LetterFacts.Parse(_notes.Text(1))) : ("", LetterFacts.None);
        _notes.Reset();
        return notes;
    }

    private List<(string Filter, DateTimeOffset At)> ReplaysOf(long sequence)
    {
        var replays = new List<(string, DateTimeOffset)>();
        if (!_hasReplays)
            return replays;
        _replays.Bind(1, sequence);
        while (_replays.Step())
            replays.Add((_replays.Text(0), TimeOf(_replays.Int64(1))));
        _replays.Reset();
        return replays;
    }

    private string VersionOf(long sequence)
    {
        var (low, high) = (0, _runs.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_runs[middle].FirstSequence <= sequence)
                low = middle + 1;
            else
                high = middle;
        }

        return low == 0 ? "" : _runs[low - 1].Version;
    }

    private void Load()
    {
        var runs = _connection.Prepare("SELECT first_seq, version FROM runs ORDER BY epoch");
        while (runs.Step())
            _runs.Add((runs.Int64(0), runs.Text(1)));
        runs.Reset();
        var sources = _connection.Prepare("SELECT id, name FROM sources");
        while (sources.Step())
            _sources[(int)sources.Int64(0)] = sources.Text(1);
        sources.Reset();
    }

    private static UInt128 IdOf(string digits) => UInt128.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var id) ? id : UInt128.Zero;

    /// <summary>A number that a flipped bit has made no time at all is the first or last one there is.</summary>
    private static DateTimeOffset TimeOf(long unixMilliseconds) =>
        DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(unixMilliseconds, DateTimeOffset.MinValue.ToUnixTimeMilliseconds(), DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()));
}
