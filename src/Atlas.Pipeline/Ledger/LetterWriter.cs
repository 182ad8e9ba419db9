using System.Buffers.Binary;

namespace Atlas.Pipeline.Ledger;

/// <summary>What is done to dead letters but to replay them: each is taken out with all that is kept of it. Notes, holds, and what was done to many at once. The writer's thread alone.</summary>
/// <remarks>Counters are changed only after all rows of a command, so that a command rolled back leaves none behind.</remarks>
internal sealed class LetterWriter
{
    private readonly SqlConnection _connection;
    private readonly BooksCounter _books;
    private readonly TimeProvider _time;
    private readonly SqlStatement _refused, _drop, _dead, _disown, _purge, _gone, _forgotten, _forgetRepeats, _note, _act, _hold, _release;
    private readonly SqlStatement[] _facts;

    public LetterWriter(SqlConnection connection, BooksCounter books, TimeProvider time)
    {
        _connection = connection;
        _books = books;
        _time = time;
        _refused = connection.Prepare("SELECT packed FROM refused WHERE seq = ?1");
        _drop = connection.Prepare("DELETE FROM refused WHERE seq = ?1");
        _dead = connection.Prepare("SELECT failure_classification FROM dead WHERE seq = ?1");
        _disown = connection.Prepare("DELETE FROM dead WHERE seq = ?1");
        _purge = connection.Prepare("INSERT INTO purged(seq) VALUES(?1)");
        _gone = connection.Prepare("INSERT INTO letters_gone(seq) VALUES(?1)");

        // The dedup index forgets no key: a line that was refused stays known to it as such.
        _forgotten = connection.Prepare("INSERT INTO letters_gone(seq, content_id) VALUES(?1, ?2)");
        _forgetRepeats = connection.Prepare("DELETE FROM refused_again WHERE content_id = ?1");
        _note = connection.Prepare("""
            INSERT INTO letter_notes(seq, notes) SELECT ?1, ?2 WHERE EXISTS(SELECT 1 FROM refused WHERE seq = ?1) OR EXISTS(SELECT 1 FROM dead WHERE seq = ?1)
            ON CONFLICT DO UPDATE SET notes = excluded.notes
            """);
        _act = connection.Prepare("INSERT INTO acts(at, who, act, filter, count, detail) VALUES(?1, ?2, ?3, ?4, ?5, ?6)");
        _hold = connection.Prepare("INSERT INTO holds(kind, value, at, who, note) VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET note = iif(excluded.note = '', note, excluded.note)");
        _release = connection.Prepare("DELETE FROM holds WHERE kind = ?1 AND value = ?2");
        _facts = [connection.Prepare("DELETE FROM attempts WHERE seq = ?1"), connection.Prepare("DELETE FROM letter_notes WHERE seq = ?1"), connection.Prepare("DELETE FROM replayed WHERE seq = ?1")];
    }

    /// <summary>Says that a letter is gone as what it was: whoever follows the letters looks whether it is there anew.</summary>
    public void Gone(long letter) => _gone.Bind(1, letter).Run();

    /// <summary>Takes a URL that was given up out of the letters.</summary>
    public void Disown(long letter)
    {
        _disown.Bind(1, letter).Run();
        Gone(letter);
    }

    /// <summary>Deletes letters for good. A URL that was given up stays known, and is counted as purged.</summary>
    /// <returns>How many of them were letters.</returns>
    public int Purge(IReadOnlyList<long> letters)
    {
        var reasons = new List<Reason>();
        var purged = 0;
        foreach (var letter in letters)
        {
            if (RefusedAs(letter) is { } refused)
            {
                Remove(letter, refused);
                ForgetFacts(letter);
                purged++;
                continue;
            }

            var wasDead = _dead.Bind(1, letter).Step();
            var reason = wasDead && Reason.TryParse(_dead.Text(0), out var known) ? known : Reason.None;
            _dead.Reset();
            if (!wasDead)
                continue;
            Disown(letter);
            ForgetFacts(letter);
            _purge.Bind(1, letter).Run();
            reasons.Add(reason);
            purged++;
        }

        foreach (var reason in reasons)
            _books.Dead.Add(reason, -1);
        _books.Add(Tally.Purged, reasons.Count);
        return purged;
    }

    /// <summary>Writes what people want to remember of a letter over what they wrote before.</summary>
    /// <returns>False when there is no such letter.</returns>
    public bool Note(long letter, string notes)
    {
        _note.Bind(1, letter).Bind(2, notes).Run();
        return _connection.Changes > 0;
    }

    /// <summary>Writes down what was done to many at once.</summary>
    public void Act(string who, string act, string filter, long count, string detail) =>
        _act.Bind(1, Now()).Bind(2, who).Bind(3, act).Bind(4, filter).Bind(5, count).Bind(6, detail).Run();

    /// <summary>Holds a host or a reason back: nothing of it is fetched or replayed until it is released.</summary>
    public void Hold(string kind, string value, string who, string note)
    {
        _hold.Bind(1, kind).Bind(2, value).Bind(3, Now()).Bind(4, who).Bind(5, note).Run();
        Act(who, "hold", $"{kind}={value}", 1, note);
    }

    /// <returns>False when it was not held.</returns>
    public bool Release(string kind, string value, string who)
    {
        _release.Bind(1, kind).Bind(2, value).Run();
        if (_connection.Changes == 0)
            return false;
        Act(who, "release", $"{kind}={value}", 1, "");
        return true;
    }

    /// <summary>The hosts that are held back.</summary>
    public static IReadOnlySet<string> HeldHosts(SqlConnection connection)
    {
        var held = new HashSet<string>(StringComparer.Ordinal);
        var rows = connection.Prepare("SELECT value FROM holds WHERE kind = 'host'");
        while (rows.Step())
            held.Add(rows.Text(0));
        rows.Reset();
        return held;
    }

    /// <summary>Takes a refused line out; what else is known of it is its caller's to forget.</summary>
    public void Remove(long letter, in PackedRefusal refused)
    {
        Span<byte> id = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(id, refused.ContentId);
        _drop.Bind(1, letter).Run();
        _forgetRepeats.BindBlob(1, id).Run();
        _forgotten.Bind(1, letter).BindBlob(2, id).Run();
    }

    /// <summary>What a refused line was refused for; null if there is no such letter.</summary>
    public PackedRefusal? RefusedAs(long letter)
    {
        PackedRefusal? refused = _refused.Bind(1, letter).Step() ? PackedRefusal.Read(_refused.Bytes(0)) : null;
        _refused.Reset();
        return refused;
    }

    /// <summary>Notes, tries and marks.</summary>
    public void ForgetFacts(long letter)
    {
        foreach (var facts in _facts)
            facts.Bind(1, letter).Run();
    }

    private long Now() => _time.GetUtcNow().ToUnixTimeMilliseconds();
}
