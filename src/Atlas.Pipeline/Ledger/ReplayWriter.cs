namespace Atlas.Pipeline.Ledger;

/// <summary>Dead letters on their way back: each leaves a replay's list, is taken out with all that is kept of it, or is marked, in the transaction of what becomes of its URL. The writer's thread alone.</summary>
/// <remarks>
/// A replay is a list of letters (<c>replay_items</c>) of which each leaves with its own outcome, so that a replay that is cut short goes on with what is left, and nothing is replayed twice.
/// Counters are changed only after all rows of a command, so that a command rolled back leaves none behind.
/// </remarks>
internal sealed class ReplayWriter
{
    private readonly SqlConnection _connection;
    private readonly BooksCounter _books;
    private readonly LetterWriter _letters;
    private readonly TimeProvider _time;
    private readonly SqlStatement _begin, _list, _end, _item, _died, _mark, _count, _requeue, _rewrite, _notes, _describe, _moveAttempts, _moveMarks;
    private readonly NextRow _nextNotes, _nextAttempts, _nextMarks;
    private readonly SqlStatement[] _classes = new SqlStatement[PriorityClasses.Count];
    private (long Replay, string Filter) _known;

    /// <param name="letters">Takes letters out.</param>
    public ReplayWriter(SqlConnection connection, BooksCounter books, LetterWriter letters, TimeProvider time)
    {
        (_connection, _books, _letters, _time) = (connection, books, letters, time);
        _begin = connection.Prepare("INSERT INTO replays(filter, who, begun_at, ceiling, wanted) VALUES(?1, ?2, ?3, ?4, ?5)");
        _list = connection.Prepare("INSERT INTO replay_items(replay, seq) SELECT ?1, ?2 WHERE EXISTS(SELECT 1 FROM refused WHERE seq = ?2) OR EXISTS(SELECT 1 FROM dead WHERE seq = ?2) ON CONFLICT DO NOTHING");
        _end = connection.Prepare("UPDATE replays SET ended_at = ?2 WHERE id = ?1");
        _item = connection.Prepare("DELETE FROM replay_items WHERE replay = ?1 AND seq = ?2");
        _died = connection.Prepare("SELECT i.seq, d.failure_classification FROM replay_items i JOIN dead d ON d.seq = i.seq WHERE i.replay = ?1 ORDER BY i.seq LIMIT ?2");
        _mark = connection.Prepare("INSERT INTO replayed(seq, filter, at) VALUES(?1, ?2, ?3) ON CONFLICT DO UPDATE SET at = excluded.at");
        _count = connection.Prepare("UPDATE replays SET left_here = left_here + ?2, died_again = died_again + ?3 WHERE id = ?1");
        _requeue = connection.Prepare("INSERT INTO work(seq, class, state, attempt, lost, deferrals, due_at, epoch) VALUES(?1, ?2, 'queued', 0, 0, 0, 0, 0)");
        _rewrite = connection.Prepare("UPDATE refused SET packed = ?2 WHERE seq = ?1");
        _notes = connection.Prepare("SELECT notes, coalesce(facts, '') FROM letter_notes WHERE seq = ?1");
        _describe = connection.Prepare("INSERT INTO letter_notes(seq, notes, facts) VALUES(?1, ?2, ?3)");
        _moveAttempts = connection.Prepare("UPDATE attempts SET seq = ?2 WHERE seq = ?1");
        _moveMarks = connection.Prepare("UPDATE replayed SET seq = ?2 WHERE seq = ?1");
        (_nextNotes, _nextAttempts, _nextMarks) = (new NextRow(connection, "letter_notes"), new NextRow(connection, "attempts"), new NextRow(connection, "replayed"));
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

    /// <summary>Before the letters of a batch: what is known of which of them have notes, tries and marks is out of date.</summary>
    public void BeginBatch()
    {
        _nextNotes.Forget();
        _nextAttempts.Forget();
        _nextMarks.Forget();
    }

    /// <summary>A refused line of a replay has been decided anew, in the order of a batch.</summary>
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
        var refused = _letters.RefusedAs(letter);
        if (row.Fate != Fate.DeadLetter)
        {
            if (refused is { } known)
            {
                if (row.Fate == Fate.Forward)
                    HandOn(replay, letter, admittedAs, known.RefusedAt);
                _letters.Remove(letter, known);
                if (_nextNotes.Has(letter) || _nextAttempts.Has(letter) || _nextMarks.Has(letter))
                    _letters.ForgetFacts(letter);
            }

            return true;
        }

        if (refused is { } before && (before.Reason != row.Reason || before.Flaw != row.Flaw))
        {
            Span<byte> packed = stackalloc byte[PackedRefusal.Size];
            (before with { Reason = row.Reason, Flaw = row.Flaw }).Write(packed);
            _rewrite.Bind(1, letter).BindBlob(2, packed).Run();

            // Gone as what it was: whoever follows the letters finds it anew.
            _letters.Gone(letter);
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
            _letters.Disown(letter);
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
        _letters.Act(replay.Who, "replay", replay.Filter, replay.Wanted, $"{replay.Left} left the dead letters, {replay.DiedAgain} were refused again{others}");
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

    /// <summary>What is known of a letter goes with its URL: when it was seen first, what people wrote, how it failed elsewhere, and which filters have had it. Should it die, they leave it out.</summary>
    private void HandOn(long replay, long letter, long admittedAs, long refusedAt)
    {
        var (notes, facts) = ("", LetterFacts.None);
        if (_nextNotes.Has(letter) && _notes.Bind(1, letter).Step())
            (notes, facts) = (_notes.Text(0), LetterFacts.Parse(_notes.Text(1)));
        _notes.Reset();
        _describe.Bind(1, admittedAs).Bind(2, notes).Bind(3, LetterFacts.OfReplayed(facts, refusedAt)).Run();
        if (_nextAttempts.Has(letter))
            _moveAttempts.Bind(1, letter).Bind(2, admittedAs).Run();
        if (_nextMarks.Has(letter))
            _moveMarks.Bind(1, letter).Bind(2, admittedAs).Run();
        Mark(replay, admittedAs);
    }

    private void Mark(long replay, long letter)
    {
        if (_known.Replay != replay)
        {
            var rows = _connection.Prepare("SELECT filter FROM replays WHERE id = ?1").Bind(1, replay);
            _known = (replay, rows.Step() ? rows.Text(0) : "");
            rows.Reset();
        }

        _mark.Bind(1, letter).Bind(2, _known.Filter).Bind(3, Now()).Run();
    }

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
