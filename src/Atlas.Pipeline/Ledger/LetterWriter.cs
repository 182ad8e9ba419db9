using System.Buffers.Binary;

namespace Atlas.Pipeline.Ledger;

/// <summary>What is done to dead letters: each is taken out with all that is kept of it, or marked, in the transaction of what becomes of its URL. The writer's thread alone.</summary>
/// <remarks>
/// A replay is a list of letters (<c>replay_items</c>) of which each leaves with its own outcome, so that a replay that is cut short goes on with what is left, and nothing is replayed twice.
/// Counters are changed only after all rows of a command, so that a command rolled back leaves none behind.
/// </remarks>
internal sealed class LetterWriter
{
    private readonly SqlConnection _connection;
    private readonly BooksCounter _books;
    private readonly TimeProvider _time;
    private readonly SqlStatement _begin, _list, _end, _item, _died, _refused, _drop, _dead, _disown, _purge, _gone, _forgotten, _mark, _count, _requeue, _rewrite, _forgetRepeats, _note, _notes, _describe, _moveAttempts, _moveMarks, _act, _hold, _release;
    private readonly SqlStatement[] _facts;
    private readonly SqlStatement[] _classes = new SqlStatement[PriorityClasses.Count];

    public LetterWriter(SqlConnection connection, BooksCounter books, TimeProvider time)
    {
        _connection = connection;
        _books = books;
        _time = time;
        _begin = connection.Prepare("INSERT INTO replays(filter, who, begun_at, ceiling, wanted) VALUES(?1, ?2, ?3, ?4, ?5)");
        _list = connection.Prepare("INSERT INTO replay_items(replay, seq) SELECT ?1, ?2 WHERE EXISTS(SELECT 1 FROM refused WHERE seq = ?2) OR EXISTS(SELECT 1 FROM dead WHERE seq = ?2) ON CONFLICT DO NOTHING");
        _end = connection.Prepare("UPDATE replays SET ended_at = ?2 WHERE id = ?1");
        _item = connection.Prepare("DELETE FROM replay_items WHERE replay = ?1 AND seq = ?2");
        _died = connection.Prepare("SELECT i.seq, d.failure_classification FROM replay_items i JOIN dead d ON d.seq = i.seq WHERE i.replay = ?1 ORDER BY i.seq LIMIT ?2");
        _refused = connection.Prepare("SELECT packed FROM refused WHERE seq = ?1");
        _drop = connection.Prepare("DELETE FROM refused WHERE seq = ?1");
        _dead = connection.Prepare("SELECT failure_classification FROM dead WHERE seq = ?1");
        _disown = connection.Prepare("DELETE FROM dead WHERE seq = ?1");
        _purge = connection.Prepare("INSERT INTO purged(seq) VALUES(?1)");
        _gone = connection.Prepare("INSERT INTO letters_gone(seq) VALUES(?1)");

        // The dedup index forgets no key: a line that was refused stays known to it as such.
        _forgotten = connection.Prepare("INSERT INTO letters_gone(seq, content_id) VALUES(?1, ?2)");
        _mark = connection.Prepare("INSERT INTO replayed(seq, filter, at) SELECT ?2, filter, ?3 FROM replays WHERE id = ?1 ON CONFLICT DO UPDATE SET at = excluded.at");
        _count = connection.Prepare("UPDATE replays SET left_here = left_here + ?2, died_again = died_again + ?3 WHERE id = ?1");
        _requeue = connection.Prepare("INSERT INTO work(seq, class, state, attempt, lost, deferrals, due_at, epoch) VALUES(?1, ?2, 'queued', 0, 0, 0, 0, 0)");
        _rewrite = connection.Prepare("UPDATE refused SET packed = ?2 WHERE seq = ?1");
        _forgetRepeats = connection.Prepare("DELETE FROM refused_again WHERE content_id = ?1");
        _note = connection.Prepare("""
            INSERT INTO letter_notes(seq, notes) SELECT ?1, ?2 WHERE EXISTS(SELECT 1 FROM refused WHERE seq = ?1) OR EXISTS(SELECT 1 FROM dead WHERE seq = ?1)
            ON CONFLICT DO UPDATE SET notes = excluded.notes
            """);
        _notes = connection.Prepare("SELECT notes, coalesce(facts, '') FROM letter_notes WHERE seq = ?1");
        _describe = connection.Prepare("INSERT INTO letter_notes(seq, notes, facts) VALUES(?1, ?2, ?3)");
        _moveAttempts = connection.Prepare("UPDATE attempts SET seq = ?2 WHERE seq = ?1");
        _moveMarks = connection.Prepare("UPDATE replayed SET seq = ?2 WHERE seq = ?1");
        _act = connection.Prepare("INSERT INTO acts(at, who, act, filter, count, detail) VALUES(?1, ?2, ?3, ?4, ?5, ?6)");
        _hold = connection.Prepare("INSERT INTO holds(kind, value, at, who, note) VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET note = iif(excluded.note = '', note, excluded.note)");
        _release = connection.Prepare("DELETE FROM holds WHERE kind = ?1 AND value = ?2");
        _facts = [connection.Prepare("DELETE FROM attempts WHERE seq = ?1"), connection.Prepare("DELETE FROM letter_notes WHERE seq = ?1"), connection.Prepare("DELETE FROM replayed WHERE seq = ?1")];
        for (var priority = 0; priority < _classes.Length; priority++)
            _classes[priority] = connection.Prepare($"SELECT 1 FROM {LedgerSchema.QueueOf(priority)} WHERE seq = ?1");
    }

    /// <summary>Writes down a replay before anything of it is done; those of the letters that are none any more are left out.</summary>
    public Replay Begin(string filter, string who, IEnumerable<long> letters)
    {
        _begin.Bind(1, filter).Bind(2, who).Bind(3, Now()).Bind(4, _books.LastSequence).Bind(5, 0).Run();
        var id = _connection.Scalar("SELECT last_insert_rowid()");
        long wanted = 0;
        foreach (var letter in letters)
        {
            _list.Bind(1, id).Bind(2, letter).Run();
            wanted += _connection.Changes;
        }

        _connection.Prepare("UPDATE replays SET wanted = ?2 WHERE id = ?1").Bind(1, id).Bind(2, wanted).Run();
        return new Replay(id, filter, who, wanted, 0, 0) { Ceiling = _books.LastSequence };
    }

    /// <summary>A refused line of a replay has been decided anew.</summary>
    /// <param name="replay">The replay.</param>
    /// <param name="letter">Its letter.</param>
    /// <param name="row">What was decided: when it is refused again the letter stays, with the reason of today.</param>
    /// <param name="admittedAs">The number of its row in a queue, where it goes forward.</param>
    /// <returns>Whether the letter is one no more.</returns>
    public bool Decided(long replay, long letter, in UrlRow row, long admittedAs)
    {
        _item.Bind(1, replay).Bind(2, letter).Run();

        // Whoever was here before this row was decided on has taken the letter with him.
        if (_connection.Changes == 0)
            return false;
        if (row.Fate != Fate.DeadLetter)
        {
            if (row.Fate == Fate.Forward)
                HandOn(replay, letter, admittedAs);
            Remove(letter);
            return true;
        }

        if (RefusedAs(letter) is { } before && (before.Reason != row.Reason || before.Flaw != row.Flaw))
        {
            Span<byte> packed = stackalloc byte[PackedRefusal.Size];
            (before with { Reason = row.Reason, Flaw = row.Flaw }).Write(packed);
            _rewrite.Bind(1, letter).BindBlob(2, packed).Run();

            // Gone as what it was: whoever follows the letters finds it anew.
            _gone.Bind(1, letter).Run();
        }

        Mark(replay, letter);
        return false;
    }

    /// <summary>Adds to the counts of a replay.</summary>
    public void Count(long replay, int left, int diedAgain) => _count.Bind(1, replay).Bind(2, left).Bind(3, diedAgain).Run();

    /// <summary>Queues URLs of a replay again that were given up: as if they had never been tried.</summary>
    /// <returns>How many; 0 when none is left.</returns>
    public int Revive(long replay, int most)
    {
        var revived = new List<(long Letter, Reason Reason)>(most);
        _died.Bind(1, replay).Bind(2, most);
        while (_died.Step())
            revived.Add((_died.Int64(0), Reason.TryParse(_died.Text(1), out var reason) ? reason : Reason.None));
        _died.Reset();
        foreach (var (letter, _) in revived)
        {
            _disown.Bind(1, letter).Run();
            _gone.Bind(1, letter).Run();
            _item.Bind(1, replay).Bind(2, letter).Run();
            _requeue.Bind(1, letter).Bind(2, ClassOf(letter)).Run();

            // If it dies again it is a letter again, and this says that the filter has had it.
            Mark(replay, letter);
        }

        Count(replay, revived.Count, 0);
        foreach (var (_, reason) in revived)
            _books.Dead.Add(reason, -1);
        _books.Add(Tally.Queued, revived.Count);
        return revived.Count;
    }

    /// <summary>Ends a replay. What is left of its list and a letter still went another way than to the ledger: these stay, and are marked. The rest was deleted by another hand.</summary>
    public Replay End(Replay replay)
    {
        const string IsLetter = "(EXISTS(SELECT 1 FROM refused r WHERE r.seq = i.seq) OR EXISTS(SELECT 1 FROM dead d WHERE d.seq = i.seq))";
        var gone = Count($"SELECT count(*) FROM replay_items i WHERE i.replay = ?1 AND NOT {IsLetter}");
        _connection.Prepare($"INSERT INTO replayed(seq, filter, at) SELECT i.seq, r.filter, ?2 FROM replay_items i JOIN replays r ON r.id = i.replay WHERE i.replay = ?1 AND {IsLetter} ON CONFLICT DO NOTHING").Bind(1, replay.Id).Bind(2, Now()).Run();
        _connection.Prepare("DELETE FROM replay_items WHERE replay = ?1").Bind(1, replay.Id).Run();
        _end.Bind(1, replay.Id).Bind(2, Now()).Run();
        var counts = _connection.Prepare("SELECT left_here, died_again FROM replays WHERE id = ?1").Bind(1, replay.Id);
        counts.Step();
        replay = replay with { Left = counts.Int64(0), DiedAgain = counts.Int64(1), Gone = gone };
        counts.Reset();
        var others = (gone > 0 ? $", {gone} were deleted meanwhile" : "") + (replay.Remaining > 0 ? $", {replay.Remaining} went another way and stay" : "");
        Act(replay.Who, "replay", replay.Filter, replay.Wanted, $"{replay.Left} left the dead letters, {replay.DiedAgain} were refused again{others}");
        return replay;

        long Count(string sql)
        {
            var rows = _connection.Prepare(sql).Bind(1, replay.Id);
            rows.Step();
            var count = rows.Int64(0);
            rows.Reset();
            return count;
        }
    }

    /// <summary>Deletes letters for good. A URL that was given up stays known, and is counted as purged.</summary>
    /// <returns>How many of them were letters.</returns>
    public int Purge(IReadOnlyList<long> letters)
    {
        var reasons = new List<Reason>();
        var purged = 0;
        foreach (var letter in letters)
        {
            if (Remove(letter))
            {
                purged++;
                continue;
            }

            var wasDead = _dead.Bind(1, letter).Step();
            var reason = wasDead && Reason.TryParse(_dead.Text(0), out var known) ? known : Reason.None;
            _dead.Reset();
            if (!wasDead)
                continue;
            _disown.Bind(1, letter).Run();
            ForgetFacts(letter);
            _gone.Bind(1, letter).Run();
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

    /// <summary>Takes a refused line out.</summary>
    private bool Remove(long letter)
    {
        if (RefusedAs(letter) is not { } refused)
            return false;
        Span<byte> id = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(id, refused.ContentId);
        _drop.Bind(1, letter).Run();
        ForgetFacts(letter);
        _forgetRepeats.BindBlob(1, id).Run();
        _forgotten.Bind(1, letter).BindBlob(2, id).Run();
        return true;
    }

    /// <summary>What is known of a letter goes with its URL: when it was seen first, what people wrote, how it failed elsewhere, and which filters have had it. Should it die, they leave it out.</summary>
    private void HandOn(long replay, long letter, long admittedAs)
    {
        var (notes, facts) = _notes.Bind(1, letter).Step() ? (_notes.Text(0), LetterFacts.Parse(_notes.Text(1))) : ("", LetterFacts.None);
        _notes.Reset();
        var seen = facts.FirstSeen ?? RefusedAs(letter)?.RefusedAt;
        _describe.Bind(1, admittedAs).Bind(2, notes).Bind(3, new LetterFacts { Members = facts.Members, FirstSeen = seen }.ToJson()).Run();
        _moveAttempts.Bind(1, letter).Bind(2, admittedAs).Run();
        _moveMarks.Bind(1, letter).Bind(2, admittedAs).Run();
        Mark(replay, admittedAs);
    }

    private PackedRefusal? RefusedAs(long letter)
    {
        PackedRefusal? refused = _refused.Bind(1, letter).Step() ? PackedRefusal.Read(_refused.Bytes(0)) : null;
        _refused.Reset();
        return refused;
    }

    private void ForgetFacts(long letter)
    {
        foreach (var facts in _facts)
            facts.Bind(1, letter).Run();
    }

    private void Mark(long replay, long letter) => _mark.Bind(1, replay).Bind(2, letter).Bind(3, Now()).Run();

    private int ClassOf(long sequence)
    {
        for (var priority = 0; priority < _classes.Length; priority++)
        {
            var isThere = _classes[priority].Bind(1, sequence).Step();
            _classes[priority].Reset();
            if (isThere)
                return priority;
        }

        throw new InvalidOperationException($"Row {sequence} was given up and has no row in any queue.");
    }

    private long Now() => _time.GetUtcNow().ToUnixTimeMilliseconds();
}

/// <summary>A list of dead letters on their way back into the pipeline.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Filter">By what the letters were chosen, in its one canonical form.</param>
/// <param name="Who">Who has asked for it.</param>
/// <param name="Wanted">Letters on the list at its beginning.</param>
/// <param name="Left">Of those, how many are letters no more: admitted, found to be known, or queued again.</param>
/// <param name="DiedAgain">Of those, how many were refused again, and stay.</param>
internal sealed record Replay(long Id, string Filter, string Who, long Wanted, long Left, long DiedAgain)
{
    /// <summary>The last number that a row had when it began: a greater one is of what came later, and no part of it.</summary>
    public required long Ceiling { get; init; }

    /// <summary>Of those on the list, how many another hand has deleted; known when it has ended.</summary>
    public long Gone { get; init; }

    /// <summary>Letters of it that nothing has been decided about yet; of one that has ended, those that went another way than to the queue.</summary>
    public long Remaining => Wanted - Left - DiedAgain - Gone;
}
