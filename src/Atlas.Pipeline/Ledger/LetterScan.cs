using System.Text;
using Atlas.Urls;

namespace Atlas.Pipeline.Ledger;

/// <summary>How far an index of the dead letters has followed the ledger.</summary>
/// <param name="Refused">Refused lines up to this number are in it.</param>
/// <param name="Died">Admitted URLs that were given up, up to this one.</param>
/// <param name="Gone">What was taken away again, up to this one.</param>
internal readonly record struct LetterCursors(long Refused, long Died, long Gone);

/// <summary>Hands out what an index of the dead letters is made of, in the order of its arrival and on a read-only connection. One caller at a time.</summary>
/// <remarks>
/// Reads in pieces, each a transaction of its own, as an index of millions of rows takes seconds and a running pipeline must be able to begin its WAL anew meanwhile.
/// Of each piece what is gone comes first: a letter that was replayed and died again is gone as what it was and comes anew. So does a refused line that is there still: it was refused again, for another reason.
/// </remarks>
internal sealed class LetterScan : IDisposable
{
    private const int LettersPerPiece = 250_000;

    private readonly SqlConnection _connection;
    private readonly SqlStatement _gone, _changed, _refused, _dead, _attempts, _facts, _sources;
    private readonly Dictionary<string, int> _sourceIds = [];
    private readonly Dictionary<string, ushort> _reasonCodes = [];

    /// <exception cref="StateDamagedException">The file is no ledger of this version, or its keys are by other rules.</exception>
    /// <exception cref="LedgerException">SQLite does not open it.</exception>
    public LetterScan(string file)
    {
        _connection = LedgerSchema.OpenForReading(file);
        try
        {
            _gone = _connection.Prepare("SELECT id, seq FROM letters_gone WHERE id > ?1 ORDER BY id");
            _changed = _connection.Prepare($"SELECT seq, line, packed FROM {LedgerSchema.Refused} WHERE seq = ?1");
            _refused = _connection.Prepare($"SELECT seq, line, packed FROM {LedgerSchema.Refused} WHERE seq > ?1 ORDER BY seq LIMIT ?2");
            _dead = _connection.Prepare($"SELECT died, seq, source_url, failure_classification, retry_count, quarantined_at, source_name, original_error FROM {LedgerSchema.Dead} WHERE died > ?1 ORDER BY died LIMIT ?2");
            _attempts = _connection.Prepare("SELECT seq, n, reason, error FROM attempts WHERE seq >= ?1 ORDER BY seq, n DESC LIMIT 1");
            _facts = _connection.Prepare("SELECT seq, facts FROM letter_notes WHERE seq >= ?1 AND facts IS NOT NULL ORDER BY seq LIMIT 1");
            _sources = _connection.Prepare("SELECT id, name FROM sources");
        }
        catch
        {
            _connection.Dispose();
            throw;
        }
    }

    /// <summary>Gets one letter; its bytes are valid until the call returns.</summary>
    public delegate void Visit(in ScannedLetter letter);

    /// <summary>The rows of sources, by their names.</summary>
    public IReadOnlyDictionary<string, int> Sources()
    {
        LoadSources();
        return _sourceIds;
    }

    /// <summary>Whether what has changed since some place can be told. It can't if that place is ahead of the ledger, as after a copy was put back.</summary>
    public bool CanFollow(LetterCursors from) =>
        from.Gone <= _connection.Scalar("SELECT max(id) FROM letters_gone") && from.Died <= _connection.Scalar($"SELECT seq FROM sqlite_sequence WHERE name = '{LedgerSchema.Dead}'") && from.Refused <= _connection.Scalar("SELECT value FROM counters WHERE name = 'sequence'");

    /// <summary>How many were said to be gone since some place, at most.</summary>
    public long GoneSince(LetterCursors from) => _connection.Scalar("SELECT max(id) FROM letters_gone") - from.Gone;

    public string LedgerId => _connection.Text(LedgerMark.LedgerIdSql);

    /// <summary>Gives what has come and gone since some place.</summary>
    /// <param name="from">The place; all zero for everything there is, and then nothing is said to be gone.</param>
    /// <param name="gone">Gets the numbers of letters that were taken away, before anything of the same piece is found.</param>
    /// <param name="found">Gets what has come.</param>
    /// <param name="isLast">Whether that was all there was at this moment.</param>
    /// <returns>Where to go on.</returns>
    public LetterCursors ReadPiece(LetterCursors from, Action<IReadOnlyList<long>> gone, Visit found, out bool isLast)
    {
        _connection.Execute("BEGIN");
        try
        {
            LoadSources();
            var goneTo = from == default ? _connection.Scalar("SELECT max(id) FROM letters_gone") : ReadGone(from, gone, found);
            var (refusedTo, left) = ReadRefused(from.Refused, found);
            var diedTo = from.Died;
            if (left > 0)
                (diedTo, left) = ReadDead(diedTo, left, found);
            isLast = left > 0;
            return new LetterCursors(refusedTo, diedTo, goneTo);
        }
        finally
        {
            _connection.Execute("COMMIT");
        }
    }

    public void Dispose() => _connection.Dispose();

    private long ReadGone(LetterCursors from, Action<IReadOnlyList<long>> gone, Visit found)
    {
        var last = from.Gone;
        List<long> sequences = [];
        _gone.Bind(1, last);
        while (_gone.Step())
        {
            last = _gone.Int64(0);
            sequences.Add(_gone.Int64(1));
        }

        _gone.Reset();
        if (sequences.Count == 0)
            return last;
        gone(sequences);
        foreach (var sequence in sequences.Distinct().Where(sequence => sequence <= from.Refused).Order())
        {
            if (_changed.Bind(1, sequence).Step())
                found(Refused(_changed, AttemptsFrom(sequence), FactsFrom(sequence)));
            _changed.Reset();
        }

        return last;
    }

    private (long Last, int Left) ReadRefused(long after, Visit found)
    {
        var left = LettersPerPiece;
        Tried tried = new(-1, 0, "", "");
        (long Sequence, string Json) facts = (-1, "");
        _refused.Bind(1, after).Bind(2, left);
        while (_refused.Step())
        {
            after = _refused.Int64(0);
            if (tried.Sequence < after)
                tried = AttemptsFrom(after);
            if (facts.Sequence < after)
                facts = FactsFrom(after);
            found(Refused(_refused, tried, facts));
            left--;
        }

        _refused.Reset();
        return (after, left);
    }

    private static ScannedLetter Refused(SqlStatement row, in Tried tried, (long Sequence, string Json) facts)
    {
        var sequence = row.Int64(0);
        var packed = PackedRefusal.Read(row.Bytes(2));
        var wasTried = tried.Sequence == sequence;
        var error = wasTried || facts.Sequence == sequence
            ? ErrorOf(packed, wasTried ? [tried.Last] : [], facts.Sequence == sequence ? LetterFacts.Parse(facts.Json) : LetterFacts.None)
            : CanonicalizationErrorNames.Of(packed.Flaw);
        return new ScannedLetter
        {
            Sequence = sequence,
            WasAdmitted = false,
            Line = row.Bytes(1),
            Error = error,
            Reason = packed.Reason.Code,
            Source = packed.Source,
            At = packed.RefusedAt,
            Attempts = wasTried ? tried.Count : 0,
        };
    }

    /// <summary>As <see cref="LetterReader"/> has it.</summary>
    private static ReadOnlySpan<byte> ErrorOf(PackedRefusal packed, IReadOnlyList<LetterAttempt> history, LetterFacts facts)
    {
        var (name, error) = LetterReader.NamesOf(packed, history, facts);
        return BeyondReason(packed.Reason.Code, name, error);
    }

    private static ReadOnlySpan<byte> BeyondReason(ushort reason, string name, string error) =>
        reason == Reason.None.Code ? Encoding.UTF8.GetBytes(error == name ? name : $"{name}\0{error}")
        : error == name ? default
        : Encoding.UTF8.GetBytes(error);

    private (long Last, int Left) ReadDead(long after, int left, Visit found)
    {
        _dead.Bind(1, after).Bind(2, left);
        while (_dead.Step())
        {
            after = _dead.Int64(0);
            var (name, error) = (_dead.Text(3), _dead.Text(7));
            var reason = ReasonOf(name);
            found(new ScannedLetter
            {
                Sequence = _dead.Int64(1),
                WasAdmitted = true,
                Line = _dead.Bytes(2),
                Error = BeyondReason(reason, name, error),
                Reason = reason,
                Source = _sourceIds.GetValueOrDefault(_dead.Text(6)),
                At = _dead.Int64(5),
                Attempts = (int)_dead.Int64(4),
            });
            left--;
        }

        _dead.Reset();
        return (after, left);
    }

    /// <summary>The first row from a number on that was ever tried, and how often; most refused lines never were, so one look serves many of them.</summary>
    private Tried AttemptsFrom(long sequence)
    {
        var row = _attempts.Bind(1, sequence).Step() ? new Tried(_attempts.Int64(0), (int)_attempts.Int64(1), _attempts.Text(2), _attempts.Text(3)) : new Tried(long.MaxValue, 0, "", "");
        _attempts.Reset();
        return row;
    }

    /// <summary>The same for what a letter brought from elsewhere.</summary>
    private (long Sequence, string Json) FactsFrom(long sequence)
    {
        var row = _facts.Bind(1, sequence).Step() ? (_facts.Int64(0), _facts.Text(1)) : (long.MaxValue, "");
        _facts.Reset();
        return row;
    }

    private ushort ReasonOf(string name)
    {
        if (!_reasonCodes.TryGetValue(name, out var code))
            _reasonCodes[name] = code = Reason.TryParse(name, out var reason) ? reason.Code : (ushort)0;
        return code;
    }

    private void LoadSources()
    {
        while (_sources.Step())
            _sourceIds[_sources.Text(1)] = (int)_sources.Int64(0);
        _sources.Reset();
    }
}

/// <summary>The last failed try of a row.</summary>
internal readonly record struct Tried(long Sequence, int Count, string Reason, string Error)
{
    public LetterAttempt Last => new(Count, default, 0, 0, Reason, Error);
}

/// <summary>What a dead letter is found by.</summary>
internal readonly ref struct ScannedLetter
{
    /// <summary>The number of its row.</summary>
    public required long Sequence { get; init; }

    /// <summary>Whether it was given up after it had been admitted, and not refused as a line.</summary>
    public required bool WasAdmitted { get; init; }

    /// <summary>As received.</summary>
    public required ReadOnlySpan<byte> Line { get; init; }

    /// <summary>What is known beyond the reason; with the reason's name where this program knows no such reason. Empty if nothing is.</summary>
    public required ReadOnlySpan<byte> Error { get; init; }

    /// <summary>The code of its reason; 0 where this program knows no such reason.</summary>
    public required ushort Reason { get; init; }

    /// <summary>The row of <c>sources</c>; 0 if none is known.</summary>
    public required int Source { get; init; }

    /// <summary>When it was refused or given up, as Unix time in milliseconds.</summary>
    public required long At { get; init; }

    /// <summary>How often it was tried.</summary>
    public required int Attempts { get; init; }
}
