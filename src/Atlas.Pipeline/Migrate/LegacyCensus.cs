using System.Text;
using Atlas.Pipeline.Check;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Migrate;

/// <summary>Reads all rows of all inputs, brings those of one resource together, and so knows what is to become of each. The same inputs in the same order give the same.</summary>
/// <remarks>Memory: 24 bytes for each row, and about 120 for each distinct resource.</remarks>
internal sealed class LegacyCensus
{
    private readonly GrowingList<LegacyGroup> _groups = new();
    private readonly GroupIndex _byKey;
    private readonly GrowingList<LegacyRow> _rows = new();
    private readonly List<LegacyInput> _inputs = [];
    private readonly UrlJudge<Sighting> _judge;
    private readonly LegacyTimes _times;
    private readonly StepProgress _progress;
    private int[] _rowsByGroup = [], _rowsBefore = [];

    public LegacyCensus(KeyRules rules, LegacyTimes times, StepProgress progress)
    {
        _byKey = new GroupIndex(_groups);
        _judge = new UrlJudge<Sighting>(rules, Place);
        _times = times;
        _progress = progress;
    }

    public IReadOnlyList<LegacyInput> Inputs => _inputs;

    public IReadOnlyList<LegacyRow> Rows => _rows;

    public int Groups => _groups.Count;

    /// <summary>What the URLs were, row by row.</summary>
    public UrlKinds Kinds { get; } = new();

    /// <summary>Rows whose times say nothing of their zone, and rows whose times cannot be read.</summary>
    public long NaiveTimes { get; private set; }

    public long UnreadableTimes { get; private set; }

    /// <summary>Rows with an id that a legacy program knew them by.</summary>
    public long RowsWithIds { get; private set; }

    /// <summary>Rows of metadata that say that they are processable and are not.</summary>
    public long WronglyProcessable { get; private set; }

    public ref readonly LegacyGroup Group(int number) => ref _groups[number];

    /// <summary>The rows of a resource, in the order in which they were read; after <see cref="Finish"/>.</summary>
    public ReadOnlySpan<int> RowsOf(int group) => _rowsByGroup.AsSpan(_rowsBefore[group].._rowsBefore[group + 1]);

    /// <summary>The number of a row in <see cref="Rows"/>; null for one that was not read.</summary>
    public int? IndexOf(byte input, LegacyTable table, long row) =>
        Find(input, table, row) is var at && at < _rows.Count && (_rows[at].Input, _rows[at].Table, _rows[at].Row) == (input, table, row) ? at : null;

    /// <summary>The number of the first row of a table, or of what comes behind it.</summary>
    public int FirstOf(byte input, LegacyTable table) => Find(input, table, long.MinValue);

    /// <summary>Whether a resource is known, and its number.</summary>
    public bool TryFind(UInt128 key, out int group) => _byKey.TryFind(key, out group);

    /// <summary>Reads one database.</summary>
    public void Read(SqlConnection database, string name)
    {
        var shape = new LegacyShape(database);
        var input = (byte)_inputs.Count;
        var tables = new List<LegacyTableRead>();
        var known = LegacyTables.All.Where(table => LegacyTables.IsIn(shape, table)).ToDictionary(LegacyTables.NameOf);
        foreach (var table in known.Values.Select(LegacyTables.NameOf).Concat(shape.Tables.Where(table => !known.ContainsKey(table))))
        {
            _progress.Begin($"reading {table} of {name}", CountOf(database, table));
            tables.Add(known.TryGetValue(table, out var number) ? ReadRows(database, shape, input, number) : ReadOther(database, shape, table));
        }

        _judge.Flush();
        _inputs.Add(new LegacyInput(name, tables));
    }

    /// <summary>Brings the rows of each resource together; after the last input.</summary>
    public void Finish()
    {
        _rowsBefore = new int[_groups.Count + 1];
        foreach (var row in _rows)
            _rowsBefore[row.Group + 1]++;
        for (var group = 0; group < _groups.Count; group++)
            _rowsBefore[group + 1] += _rowsBefore[group];
        _rowsByGroup = new int[_rows.Count];
        var next = _rowsBefore.AsSpan(0, _groups.Count).ToArray();
        for (var row = 0; row < _rows.Count; row++)
            _rowsByGroup[next[_rows[row].Group]++] = row;
        CountDuplicates();
    }

    /// <summary>The order in which resources are taken over: documents, dead letters, the queue; each by its earliest time.</summary>
    public int[] Order()
    {
        var order = new int[_groups.Count];
        var keys = new (byte Place, long Created, int Group)[_groups.Count];
        for (var group = 0; group < order.Length; group++)
            (order[group], keys[group]) = (group, ((byte)_groups[group].Place, _groups[group].Created, group));
        Array.Sort(keys, order);
        return order;
    }

    /// <summary>Rows are read input by input, table by table, and by their numbers.</summary>
    private int Find(byte input, LegacyTable table, long row)
    {
        var (first, end) = (0, _rows.Count);
        while (first < end)
        {
            var middle = first + ((end - first) / 2);
            if ((_rows[middle].Input, _rows[middle].Table, _rows[middle].Row).CompareTo((input, table, row)) < 0)
                first = middle + 1;
            else
                end = middle;
        }

        return first;
    }

    private static long CountOf(SqlConnection database, string table)
    {
        try
        {
            return database.Scalar($"SELECT count(*) FROM {SqlName.Of(table)}");
        }
        catch (LedgerException unreadable) when (!unreadable.IsOfTheMachine)
        {
            return 0;
        }
    }

    private LegacyTableRead ReadRows(SqlConnection database, LegacyShape shape, byte input, LegacyTable table)
    {
        var name = LegacyTables.NameOf(table);
        var columns = shape.ColumnsOf(name).Count;
        return Scan(database, LegacyTables.Select(shape, table), name, LegacyField.Count, columns, row => See(row, input, table));
    }

    /// <summary>A log, or a table that nobody here knows: its rows stay in the copy that is kept.</summary>
    private LegacyTableRead ReadOther(SqlConnection database, LegacyShape shape, string table) =>
        Scan(database, $"SELECT t.rowid, t.* FROM {SqlName.Of(table)} t", table, 1, shape.ColumnsOf(table).Count, _ => { });

    private LegacyTableRead Scan(SqlConnection database, string select, string table, int first, int columns, Action<SqlStatement> see)
    {
        using var digest = new RowDigest();
        long rows = 0;
        IReadOnlyList<UnreadableRows> gaps;
        try
        {
            gaps = new LegacyScan(database, select, table).Read(row =>
            {
                digest.Append(row.Int64(0));
                digest.Append(row, first, columns);
                see(row);
                if (++rows % 1_024 == 0)
                    _progress.Advance(1_024);
            });
        }
        catch (LedgerException error) when (rows == 0 && !error.IsOfTheMachine)
        {
            // A table without row numbers, one of a module that is not here, or one whose first page is gone.
            return new LegacyTableRead(table, 0, digest.End(), [new UnreadableRows($"{table} ({error.Message})", 1, long.MaxValue)]);
        }

        return new LegacyTableRead(table, rows, digest.End(), gaps);
    }

    private void See(SqlStatement row, byte input, LegacyTable table)
    {
        var sighting = new Sighting
        {
            Row = row.Int64(LegacyField.Row),
            Input = input,
            Table = table,
            Wish = WishOf(row, table),
            Priority = LegacyPriorities.Of(row.Bytes(LegacyField.Priority)) ?? LegacyGroup.NoPriority,
            Retries = (int)Math.Clamp(row.Int64(LegacyField.Retries), 0, 1_000_000),
            SaysProcessable = !row.IsNull(LegacyField.IsProcessable) && row.Int64(LegacyField.IsProcessable) != 0,
            HasUrl = row.Bytes(LegacyField.Url).Length > 0,
        };
        if (LegacyTables.HasIds(table) && row.Bytes(LegacyField.Id).Length > 0)
            RowsWithIds++;
        sighting.Created = TimeOf(row.Bytes(LegacyField.Created)) ?? TimeOf(row.Bytes(LegacyField.Ended)) ?? long.MaxValue;
        if (sighting.Wish == LegacyWish.GivenUp)
        {
            sighting.DiedAt = _times.Parse(row.Bytes(LegacyField.Ended)) ?? 0;
            sighting.Death = LegacyReasons.Of(row.Bytes(LegacyField.Reason), row.Bytes(LegacyField.FailureType), row.Bytes(LegacyField.Error));
        }

        _judge.Add(LineOf(row), sighting);
    }

    /// <summary>The line that a row stands for: its URL, or what else names it where it has none.</summary>
    internal static ReadOnlySpan<byte> LineOf(SqlStatement row) =>
        row.Bytes(LegacyField.Url) is { IsEmpty: false } url ? url
        : row.Bytes(LegacyField.Id) is { IsEmpty: false } id ? id
        : Encoding.UTF8.GetBytes($"a row without URL and id: {row.Int64(LegacyField.Row)}");

    private long? TimeOf(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty)
            return null;
        if (LegacyTimes.IsNaive(text))
            NaiveTimes++;
        var time = _times.Parse(text);
        if (time is null)
            UnreadableTimes++;
        return time;
    }

    private static LegacyWish WishOf(SqlStatement row, LegacyTable table)
    {
        var status = row.Bytes(LegacyField.Status).Trim((byte)' ');
        return table switch
        {
            LegacyTable.Metadata => row.Bytes(LegacyField.Reason).Length > 0 && !row.IsNull(LegacyField.IsProcessable) && row.Int64(LegacyField.IsProcessable) == 0 ? LegacyWish.GivenUp : LegacyWish.Known,
            LegacyTable.DeadLetters => LegacyWish.GivenUp,
            LegacyTable.Content or LegacyTable.Version1Content => row.Int64(LegacyField.BodyBytes) > 0 ? LegacyWish.Kept : LegacyWish.Known,
            _ => Ascii.EqualsIgnoreCase(status, "failed"u8) || Ascii.EqualsIgnoreCase(status, "quarantined"u8) ? LegacyWish.GivenUp : LegacyWish.Wanted,
        };
    }

    private void Place(UrlBatch batch, ref UrlRow row, in Sighting seen)
    {
        var refusal = row.Fate == Fate.Forward ? Reason.None : row.Reason;
        if (seen.HasUrl)
            Kinds.Count(batch, row, seen.Table);
        if (seen.SaysProcessable && refusal != Reason.None)
            WronglyProcessable++;
        if (!_byKey.TryFind(batch.IdOf(ref row), out var number))
        {
            number = _groups.Count;
            _groups.Add(new LegacyGroup
            {
                Key = batch.IdOf(ref row),
                Created = long.MaxValue,
                First = -1,
                Body = -1,
                Letter = -1,
                Refusal = refusal,
                Flaw = row.Flaw,
                Priority = LegacyGroup.NoPriority,
                ByRule = refusal == Reason.None ? row.Priority : PriorityClass.Normal,
                Strategy = row.Strategy,
            });
            _byKey.AddLast();
        }

        Join(ref _groups[number], _rows.Count, seen);
        _rows.Add(new LegacyRow(number, seen.Input, seen.Table, seen.Row));
    }

    private void Join(ref LegacyGroup group, int row, in Sighting seen)
    {
        // A row of content has its URL from another row, which is never later than it.
        if (group.First < 0 || (seen.Created < group.Created && seen.Table != LegacyTable.Content))
            group.First = row;
        group.Created = Math.Min(group.Created, seen.Created);
        if (seen.Wish == LegacyWish.Kept && group.Body < 0)
            group.Body = row;
        if (seen.Wish == LegacyWish.Wanted && seen.Priority < group.Priority)
            group.Priority = seen.Priority;
        if (seen.Wish == LegacyWish.GivenUp && (group.Letter < 0 || (seen.Table == LegacyTable.DeadLetters && _rows[group.Letter].Table != LegacyTable.DeadLetters)))
            (group.Letter, group.Death, group.DiedAt, group.Retries) = (row, seen.Death, seen.DiedAt, seen.Retries);
        if (seen.Wish > group.Wish)
            group.Wish = seen.Wish;
    }

    private void CountDuplicates()
    {
        var duplicates = new long[_inputs.Count, LegacyTables.All.Count];
        var seen = new bool[_inputs.Count, LegacyTables.All.Count];
        for (var group = 0; group < _groups.Count; group++)
        {
            foreach (var row in RowsOf(group))
            {
                ref var isKnown = ref seen[_rows[row].Input, (int)_rows[row].Table];
                if (isKnown)
                    duplicates[_rows[row].Input, (int)_rows[row].Table]++;
                isKnown = true;
            }

            foreach (var row in RowsOf(group))
                seen[_rows[row].Input, (int)_rows[row].Table] = false;
        }

        for (var input = 0; input < _inputs.Count; input++)
        {
            _inputs[input] = _inputs[input] with
            {
                Tables = [.. _inputs[input].Tables.Select(table => LegacyTables.Find(table.Name) is { } known ? table with { Duplicates = duplicates[input, (int)known] } : table)],
            };
        }
    }

    /// <summary>What is known of a row while its URL waits for its verdict.</summary>
    private struct Sighting
    {
        public long Row, Created, DiedAt;
        public int Retries;
        public Reason Death;
        public byte Input;
        public LegacyTable Table;
        public LegacyWish Wish;
        public PriorityClass Priority;
        public bool SaysProcessable, HasUrl;
    }
}
