using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using Atlas.Pipeline.Ledger;
using Atlas.Urls;

namespace Atlas.Pipeline.Migrate;

/// <summary>Looks for every legacy row: reads the kept databases again, decides again, and compares with what the ledger remembers of the migration, and that with the ledger's own rows. Changes nothing; a pipeline may run meanwhile.</summary>
internal sealed class MigrationVerify
{
    private const int NoNumber = -1;

    private readonly SqlConnection _ledger;
    private readonly LegacyRows _rows;
    private readonly LegacyCensus _census;
    private readonly VerifyReport _report;
    private readonly StepProgress _progress;
    private readonly long _number;

    // By resource of the census: what the ledger remembers, and how often it has the key.
    private readonly int[] _numbers;
    private readonly LegacyPlace[] _places;
    private readonly long[] _sequences;
    private readonly byte[] _admitted, _refused;

    private MigrationVerify(SqlConnection ledger, LegacyRows rows, LegacyCensus census, VerifyReport report, StepProgress progress, long number)
    {
        (_ledger, _rows, _census, _report, _progress, _number) = (ledger, rows, census, report, progress, number);
        _numbers = new int[census.Groups];
        Array.Fill(_numbers, NoNumber);
        _places = new LegacyPlace[census.Groups];
        _sequences = new long[census.Groups];
        (_admitted, _refused) = (new byte[census.Groups], new byte[census.Groups]);
    }

    /// <summary>Verifies all migrations of a state directory, the first one first.</summary>
    /// <exception cref="MigrationRefusedException">There is none.</exception>
    public static IReadOnlyList<VerifyReport> Run(string state, IDisk disk, StepProgress progress)
    {
        var file = StateDirectory.LedgerFileIn(state);
        if (!File.Exists(file))
            throw new MigrationRefusedException($"There is no ledger in {state}.");
        using var ledger = LedgerSchema.OpenForReading(file);
        if (ledger.Scalar("SELECT count(*) FROM sqlite_schema WHERE name = 'migrations'") == 0)
            throw new MigrationRefusedException($"Nothing was migrated into {state}.");
        var migrations = new List<(long Number, string Id, bool IsEnded)>();
        var list = ledger.Prepare("SELECT number, id, ended_at IS NOT NULL FROM migrations ORDER BY number");
        while (list.Step())
            migrations.Add((list.Int64(0), list.Text(1), list.Int64(2) != 0));
        list.Reset();
        return [.. migrations.Select(migration => Verify(ledger, new MigrationFolder(state, migration.Id, disk), migration, progress))];
    }

    private static VerifyReport Verify(SqlConnection ledger, MigrationFolder folder, (long Number, string Id, bool IsEnded) migration, StepProgress progress)
    {
        var report = new VerifyReport(migration.Id);
        if (!migration.IsEnded)
        {
            report.Add("the migration has not come to its end: apply its plan again", migration.Id);
            return report;
        }

        if (!folder.IsComplete)
        {
            report.Add("the copies of the legacy databases are gone", folder.Path);
            return report;
        }

        var (plan, before) = (folder.ReadPlan(), folder.ReadBefore());
        foreach (var input in before.Inputs)
        {
            progress.Begin($"checking {input.File}", 0);
            if (!File.Exists(folder.PathOf(input.File)) || LegacyFile.DigestOf(folder.PathOf(input.File)).Sha256 != input.Sha256)
                report.Add("the copy of a legacy database was changed, or is gone", folder.PathOf(input.File));
        }

        if (!report.IsClean)
            return report;
        using var rows = LegacyRows.Open(folder, before.Inputs);
        var census = new LegacyCensus(plan.Settings.Rules, plan.Settings.Times, progress);
        for (var input = 0; input < rows.Databases.Count; input++)
            census.Read(rows.Databases[input], before.Inputs[input].Name);
        census.Finish();
        new MigrationVerify(ledger, rows, census, report, progress, migration.Number).Compare(plan);
        progress.End();
        return report;
    }

    private void Compare(MigrationPlan plan)
    {
        _report.Resources = _census.Groups;
        CompareTables(plan);
        CompareRecord();
        FindRows();
        CheckPlaces();
        CheckBodies();
        CheckIds();
    }

    private void CompareTables(MigrationPlan plan)
    {
        foreach (var (read, planned) in _census.Inputs.Zip(plan.Inputs))
        {
            foreach (var (table, before) in read.Tables.Zip(planned.Tables))
            {
                if ((table.Name, table.Rows, table.Digest) != (before.Name, before.Rows, before.Digest))
                    _report.Add("a table of a copy has other rows than the plan was made of", $"{read.Name}, {table.Name}");
            }
        }
    }

    /// <summary>What the ledger remembers must be what is decided of the same rows again.</summary>
    private void CompareRecord()
    {
        var order = _census.Order();
        _progress.Begin("comparing what was decided", order.Length);
        byte[] expected = [];
        var next = 0;
        var record = _ledger.Prepare("SELECT n, place, seq, content_id, rows FROM migrated WHERE migration = ?1 ORDER BY n").Bind(1, _number);
        while (record.Step())
        {
            var at = record.Int64(0);
            if (at != next || next >= order.Length)
            {
                _report.Add("what the ledger remembers of the migration has a gap or too much", string.Create(CultureInfo.InvariantCulture, $"resource {at}"));
                break;
            }

            var group = order[next++];
            var key = record.Bytes(3);
            if (key.Length != 16 || BinaryPrimitives.ReadUInt128BigEndian(key) != _census.Group(group).Key || !record.Bytes(4).SequenceEqual(MigrationRecord.Pack(_census, group, ref expected)))
                _report.Add("the ledger remembers another resource or other rows", NameOf(group));
            var place = (LegacyPlace)record.Int64(1);
            if (place != LegacyPlace.Existing && place != _census.Group(group).Place)
                _report.Add("the ledger remembers another place", NameOf(group));
            (_numbers[group], _places[group], _sequences[group]) = ((int)at, place, record.Int64(2));
            if (next % 1_024 == 0)
                _progress.Advance(1_024);
        }

        record.Reset();
        for (; next < order.Length; next++)
            _report.Add("the ledger remembers nothing of a resource", NameOf(order[next]));
        CountPlaces();
    }

    /// <summary>Every row is of one resource, and every resource in one place; logs stay in the copies.</summary>
    private void CountPlaces()
    {
        var counts = new Dictionary<(byte Input, LegacyTable Table), long[]>();
        foreach (var row in _census.Rows)
        {
            if (!counts.TryGetValue((row.Input, row.Table), out var places))
                counts[(row.Input, row.Table)] = places = new long[(int)LegacyPlace.Existing + 1];
            places[(int)_places[row.Group]]++;
        }

        string[] names = ["nowhere", "documents", "dead letters", "queue", "known before"];
        for (var input = 0; input < _census.Inputs.Count; input++)
        {
            foreach (var table in _census.Inputs[input].Tables)
            {
                var where = LegacyTables.Find(table.Name) is { } known && counts.TryGetValue(((byte)input, known), out var places)
                    ? string.Join(", ", Enumerable.Range(0, places.Length).Where(place => places[place] > 0).Select(place => string.Create(CultureInfo.InvariantCulture, $"{names[place]} {places[place]:N0}")))
                    : "kept in the copy";
                _report.Tables.Add(new VerifiedTable(_census.Inputs[input].Name, table.Name, table.Rows, table.Digest, where));
            }
        }
    }

    /// <summary>All rows of the ledger, once: how often it has each key, and whether the row that the migration wrote is the one.</summary>
    private void FindRows()
    {
        _progress.Begin("reading the ledger's rows", _ledger.Scalar("SELECT value FROM counters WHERE name = 'sequence'"));
        for (var level = 0; level < PriorityClasses.Count; level++)
            Read(LedgerSchema.QueueOf(level), _admitted);
        Read(LedgerSchema.Refused, _refused);

        void Read(string table, byte[] found)
        {
            var count = 0;
            var rows = _ledger.Prepare($"SELECT seq, packed FROM {table} ORDER BY seq");
            while (rows.Step())
            {
                if (++count % 1_024 == 0)
                    _progress.Advance(1_024);
                if (!_census.TryFind(BinaryPrimitives.ReadUInt128BigEndian(rows.Bytes(1)), out var group))
                    continue;
                found[group] = (byte)Math.Min(found[group] + 1, byte.MaxValue);

                // The one that was written, which is marked by taking its number away; another one with its key stays in the way.
                if (rows.Int64(0) == _sequences[group])
                    _sequences[group] = 0;
            }

            rows.Reset();
        }
    }

    private void CheckPlaces()
    {
        var missing = new Dictionary<long, int>();
        for (var group = 0; group < _census.Groups; group++)
        {
            if (_numbers[group] == NoNumber)
                continue;
            var isThere = _sequences[group] == 0;
            var isLetter = _places[group] == LegacyPlace.DeadLetter || (_places[group] == LegacyPlace.Existing && _census.Group(group).Place == LegacyPlace.DeadLetter);
            if (!isThere && isLetter)
                missing[_sequences[group]] = group;
            else if (!isThere)
                _report.Add(_admitted[group] == 0 ? "a resource is not admitted: its row was deleted by hand" : "the row that was written is not there, and another one has its URL", RowOf(group));
            if (_admitted[group] > 1)
                _report.Add("a resource was admitted more than once", NameOf(group));
            if (isThere && isLetter && _refused[group] > 1)
                _report.Add("a dead letter is there more than once", NameOf(group));
        }

        LettersSince.Account(_ledger, _report, missing, group => _admitted[group] > 0, group => _refused[group] > 0, RowOf);
    }

    private string RowOf(int group) => string.Create(CultureInfo.InvariantCulture, $"{NameOf(group)}: row {_sequences[group]}");

    /// <summary>What was kept of documents: the same bytes, in the document as it is or as it was. One that is queued again after a repair has none.</summary>
    private void CheckBodies()
    {
        _progress.Begin("comparing documents", 0);
        var document = _ledger.Prepare("SELECT body_sha256 FROM content_metadata WHERE content_id = ?1 UNION ALL SELECT body_sha256 FROM document_versions WHERE content_id = ?1");
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        for (var group = 0; group < _census.Groups; group++)
        {
            if (_places[group] != LegacyPlace.Document || _census.Group(group).Body < 0)
                continue;
            var row = _census.Rows[_census.Group(group).Body];
            SHA256.HashData(_rows.BodyOf(row, _rows.Read(row)), hash);
            var (isThere, isSame) = (false, false);
            document.Bind(1, ContentId.ToHex(_census.Group(group).Key));
            while (document.Step())
            {
                isThere = true;
                isSame |= document.Bytes(0).SequenceEqual(hash);
            }

            document.Reset();
            if (isThere && !isSame)
                _report.Add("a document has another body than its row", NameOf(group));
        }
    }

    private void CheckIds()
    {
        _progress.Begin("looking up the old ids", _census.RowsWithIds);
        var find = _ledger.Prepare("SELECT content_id FROM legacy_ids WHERE legacy_id = ?1");
        foreach (var id in LegacyIds.Of(_census, _rows))
        {
            _progress.Advance(1);
            if (!LeadsTo(id, ContentId.ToHex(_census.Group(id.Group).Key)))
                _report.Add("an old id does not lead to its resource", $"{id.Database}: {id.Text}");
        }

        bool LeadsTo(in LegacyId id, string key)
        {
            for (var text = id.Text; ; text = LegacyId.Behind(id.Database, text))
            {
                var known = find.Bind(1, text).Step() ? find.Text(0) : null;
                find.Reset();
                if (known is null || known == key)
                    return known is not null;
            }
        }
    }

    private string NameOf(int group)
    {
        var row = _census.Rows[_census.RowsOf(group)[0]];
        return string.Create(CultureInfo.InvariantCulture, $"{_rows.NameOf(row.Input)}, {LegacyTables.NameOf(row.Table)} row {row.Row} ({ContentId.ToHex(_census.Group(group).Key)})");
    }
}
