using System.Globalization;

namespace Atlas.Pipeline.Ledger;

/// <summary>Answers what the ledger knows of keys, on a read-only connection: beside a running pipeline, in its process or another, or when none runs. One caller at a time.</summary>
internal sealed class LedgerLookup : IDisposable
{
    private readonly SqlConnection _connection;
    private readonly KeyScan _scan;
    private readonly SqlStatement[] _queues = new SqlStatement[PriorityClasses.Count];
    private readonly SqlStatement _work, _done, _refused, _dead, _purged, _alias, _source, _facts, _last;

    /// <exception cref="StateDamagedException">The file is no ledger of this version, or its keys are by other rules.</exception>
    /// <exception cref="LedgerException">SQLite does not open it.</exception>
    public LedgerLookup(string file)
    {
        _connection = LedgerSchema.OpenForReading(file);
        try
        {
            _scan = new KeyScan(_connection);
            for (var priority = 0; priority < PriorityClasses.Count; priority++)
                _queues[priority] = _connection.Prepare(string.Create(CultureInfo.InvariantCulture, $"SELECT url, packed, seq > (SELECT seq FROM cursors WHERE class = {priority}) FROM {LedgerSchema.QueueOf(priority)} WHERE seq = ?1"));
            _work = _connection.Prepare("SELECT state, attempt, due_at, coalesce(last_reason, ''), document IS NOT NULL FROM work WHERE seq = ?1");
            _done = _connection.Prepare("SELECT attempts, coalesce(checked_at, fetched_at), coalesce(check_failed_at, 0), coalesce(check_failure, '') FROM content_metadata WHERE content_id = lower(hex(?1))");
            _refused = _connection.Prepare("SELECT line, packed FROM refused WHERE seq = ?1");
            _dead = _connection.Prepare("SELECT failure_classification, retry_count FROM dead WHERE seq = ?1");
            _purged = _connection.Prepare("SELECT 1 FROM purged WHERE seq = ?1");
            _alias = _connection.Prepare("SELECT target_id, target_url, attempts FROM aliases WHERE seq = ?1");
            _source = _connection.Prepare("SELECT name FROM sources WHERE id = ?1");
            _facts = _connection.Prepare("SELECT coalesce(facts, '') FROM letter_notes WHERE seq = ?1");
            _last = _connection.Prepare("SELECT value FROM counters WHERE name = 'sequence'");
        }
        catch
        {
            _connection.Dispose();
            throw;
        }
    }

    /// <summary>What the last run on the directory wrote down of its rules for keys; empty if none has.</summary>
    public string KeyRules => _connection.Text($"SELECT value FROM meta WHERE name = '{LedgerSchema.KeyRules}'");

    /// <summary>Rows that a scan for an unknown key reads: the highest number that is durable.</summary>
    public long Rows
    {
        get
        {
            var last = _last.Step() ? _last.Int64(0) : 0;
            _last.Reset();
            return last;
        }
    }

    /// <summary>What is known of content ids, those that nobody has seen left out.</summary>
    /// <param name="ids">As many as memory holds: it is one pass for all of them.</param>
    /// <param name="progress">Gets the rows read so far.</param>
    public Dictionary<UInt128, LedgerRow> Find(IEnumerable<UInt128> ids, Action<long>? progress = null)
    {
        var sequences = _scan.Find(ids, progress);
        return sequences.Count == 0 ? [] : AtOneMoment(() => sequences.ToDictionary(row => row.Key, row => Read(row.Key, row.Value)));
    }

    /// <summary>Of content ids those that a URL has which was ever admitted, whatever became of it.</summary>
    /// <param name="ids">As many as memory holds.</param>
    /// <param name="progress">Gets the rows read so far.</param>
    public IReadOnlySet<UInt128> FindAdmitted(IEnumerable<UInt128> ids, Action<long>? progress = null) => _scan.Find(ids, progress, onlyAdmitted: true).Keys.ToHashSet();

    /// <summary>What is known of a key of which the dedup index says from where on its row stands; null while the row is still under way.</summary>
    /// <param name="id">The content id.</param>
    /// <param name="above">See <see cref="KeyScan.FindNear"/>.</param>
    public LedgerRow? FindNear(UInt128 id, long above) => AtOneMoment(() => _scan.FindNear(id, above, Rows) is var sequence and > 0 ? Read(id, sequence) : null);

    /// <summary>Whether a content id is recorded: as a document's, or as an alias's.</summary>
    public bool IsOver(UInt128 id) => _scan.IsOver(id);

    /// <summary>The duplicates of all runs by source, and the hosts with the most.</summary>
    public (IReadOnlyList<SourceDuplicates> Sources, WorstHosts Hosts) Duplicates(int hosts)
    {
        var (sources, worst) = AtOneMoment(() => DuplicateBooks.Read(_connection, hosts));
        return (sources, worst);
    }

    public void Dispose() => _connection.Dispose();

    private T AtOneMoment<T>(Func<T> read)
    {
        _connection.Execute("BEGIN");
        try
        {
            return read();
        }
        finally
        {
            _connection.Execute("COMMIT");
        }
    }

    private LedgerRow Read(UInt128 id, long sequence)
    {
        foreach (var queue in _queues)
        {
            if (!queue.Bind(1, sequence).Step())
            {
                queue.Reset();
                continue;
            }

            var (url, packed, isInBacklog) = (queue.Bytes(0).ToArray(), PackedRow.Read(queue.Bytes(1)), queue.Int64(2) != 0);
            queue.Reset();
            var row = new LedgerRow(sequence, isInBacklog ? "queued" : "lost", url, FirstSeen(sequence, packed.CreatedAt), SourceOf(packed.Source), packed.SourceOffset, 0);
            return isInBacklog ? row : WithState(row, id);
        }

        return Refused(sequence) ?? new LedgerRow(sequence, "lost", [], default, "", 0, 0);
    }

    /// <summary>What became of a row that was taken from the backlog.</summary>
    private LedgerRow WithState(LedgerRow row, UInt128 id)
    {
        var isInWork = _work.Bind(1, row.Sequence).Step();
        if (isInWork && _work.Int64(4) == 0)
        {
            row = row with
            {
                State = _work.Text(0),
                Attempts = (int)_work.Int64(1),
                DueAt = _work.Int64(2) > 0 ? TimeOf(_work.Int64(2)) : null,
                Reason = _work.Text(3),
            };
        }
        else if (_done.BindBlob(1, BytesOf(id)).Step())
        {
            row = row with
            {
                State = "done",
                Attempts = (int)_done.Int64(0),
                CheckedAt = TimeOf(_done.Int64(1)),
                CheckFailure = _done.Int64(2) is var failed and > 0 ? (TimeOf(failed), _done.Text(3)) : null,
                AskedAgain = isInWork ? _work.Text(0) : "",
            };
        }
        else if (_dead.Bind(1, row.Sequence).Step())
        {
            row = row with { State = "dead", Attempts = (int)_dead.Int64(1), Reason = _dead.Text(0) };
        }
        else if (_purged.Bind(1, row.Sequence).Step())
        {
            row = row with { State = "purged" };
        }
        else if (_alias.Bind(1, row.Sequence).Step())
        {
            row = row with { State = "alias", Attempts = (int)_alias.Int64(2), AliasOf = new AliasTarget(IdOf(_alias.Text(0)), _alias.Text(1)) };
        }

        _work.Reset();
        _done.Reset();
        _dead.Reset();
        _purged.Reset();
        _alias.Reset();
        return row;
    }

    private LedgerRow? Refused(long sequence)
    {
        LedgerRow? row = null;
        if (_refused.Bind(1, sequence).Step())
        {
            var packed = PackedRefusal.Read(_refused.Bytes(1));
            row = new LedgerRow(sequence, "refused", _refused.Bytes(0).ToArray(), FirstSeen(sequence, packed.RefusedAt), SourceOf(packed.Source), packed.SourceOffset, 0)
            {
                Reason = Reason.IsKnown(packed.Reason.Code) ? packed.Reason.Name : $"code {packed.Reason.Code}",
            };
        }

        _refused.Reset();
        return row;
    }

    /// <summary>A URL that was a dead letter before, here or elsewhere, was seen before it was written here.</summary>
    private DateTimeOffset FirstSeen(long sequence, long writtenAt)
    {
        var seen = _facts.Bind(1, sequence).Step() ? LetterFacts.Parse(_facts.Text(0)).FirstSeen : null;
        _facts.Reset();
        return TimeOf(seen ?? writtenAt);
    }

    private string SourceOf(int source)
    {
        var name = _source.Bind(1, source).Step() ? _source.Text(0) : "";
        _source.Reset();
        return name;
    }

    private static byte[] BytesOf(UInt128 id)
    {
        var bytes = new byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(bytes, id);
        return bytes;
    }

    private static UInt128 IdOf(string digits) => UInt128.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var id) ? id : UInt128.Zero;

    private static DateTimeOffset TimeOf(long unixMilliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(unixMilliseconds);
}
