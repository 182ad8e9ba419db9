using System.Buffers.Binary;
using System.Globalization;
using Atlas.Pipeline.Ledger;
using Atlas.Urls;

namespace Atlas.Pipeline.Fsck;

/// <summary>One pass over all admitted rows and refused lines in the order of their sequence numbers: numbers are unique and below the high water, rows can be read, and their keys are handed on.</summary>
internal static class RowsCheck
{
    private const int RefusedTable = PriorityClasses.Count;

    /// <param name="examination">The state.</param>
    /// <param name="keys">Takes the key of each row, with its sequence number.</param>
    /// <param name="spelling">Whether a URL gives its content id; null when nobody knows the rules it was made by.</param>
    /// <returns>How many admitted rows there are, and which numbers have no row although nobody took it out.</returns>
    public static (long Admitted, MissingNumbers Missing) Run(Examination examination, KeyPartitions keys, UrlSpelling? spelling)
    {
        var highWater = examination.Counter("sequence");
        examination.Progress.Begin("checking the rows", Math.Max(highWater, 1));
        var tables = Open(examination.Ledger);
        var heads = tables.Select(Next).ToArray();
        var sources = Sources(examination.Ledger);
        var missing = new MissingNumbers(examination.Ledger);
        long last = 0, admitted = 0;
        Tally twice = new("", 0), broken = new("", 0), misspelt = new("", 0), meaningless = new("", 0);
        while (Array.IndexOf(heads, heads.Min()) is var table && heads[table] is var sequence and not long.MaxValue)
        {
            var row = tables[table];
            if (sequence == last)
                twice = twice.Add(sequence);
            missing.Between(last, sequence);
            admitted += table == RefusedTable ? 0 : 1;
            last = Math.Max(last, sequence);
            if (!TryKey(row, table, out var id))
                broken = broken.Add(sequence);
            else
            {
                keys.Add(table == RefusedTable ? SeenKey.OfRefused(id) : SeenKey.OfAdmitted(id), sequence);
                if (table != RefusedTable && spelling?.Gives(row.Bytes(2), id) == false)
                    misspelt = misspelt.Add(sequence);
                if (table == RefusedTable && !HasMeaning(PackedRefusal.Read(row.Bytes(1)), sources))
                    meaningless = meaningless.Add(sequence);
            }

            heads[table] = Next(row);
            examination.Progress.Advance(1);
        }

        missing.Between(last, highWater + 1);
        AddForgotten(examination.Ledger, keys);
        if (twice.Count > 0)
            examination.Damage("ledger", "sequence numbers are given twice", twice.First, twice.Count, "Two rows are taken for one: put a copy of ledger.db back.");
        if (broken.Count > 0)
            examination.Damage("ledger", "rows cannot be read", broken.First, broken.Count, "Put a copy of ledger.db back, or feed the list again after these rows were deleted by hand.");
        if (misspelt.Count > 0)
            examination.Damage("ledger", "URLs do not give the content id of their row", misspelt.First, misspelt.Count,
                "Their text was damaged, or they came by lists of parameters and sites that normalize no longer has. In the first case put a copy of ledger.db back, or feed the list again on an empty state.");
        if (meaningless.Count > 0)
        {
            examination.Damage("ledger", "refused lines have a reason, a flaw or a source that there is not", meaningless.First, meaningless.Count,
                "They were written by another version of the program, or are damaged: put a copy of ledger.db back.");
        }

        if (last > highWater)
        {
            examination.Repairable("ledger", $"the high water is {highWater}, but there is a row {last}", "counters.sequence", 1, "--repair raises it, so that no number is given twice.",
                () => examination.InTransaction(() => examination.SetCounter("sequence", last)));
        }

        return (admitted, missing);
    }

    /// <summary>Refused lines that were taken out of the dead letters: the index may have their keys still.</summary>
    private static void AddForgotten(SqlConnection ledger, KeyPartitions keys)
    {
        var gone = ledger.Prepare("SELECT content_id FROM letters_gone WHERE content_id IS NOT NULL");
        while (gone.Step())
            keys.Add(SeenKey.OfRefused(BinaryPrimitives.ReadUInt128BigEndian(gone.Bytes(0))), KeysCheck.Forgotten);
        gone.Reset();
    }

    private static SqlStatement[] Open(SqlConnection ledger) =>
    [
        .. Enumerable.Range(0, PriorityClasses.Count).Select(priority => ledger.Prepare($"SELECT seq, packed, url FROM {LedgerSchema.QueueOf(priority)} ORDER BY seq")),
        ledger.Prepare("SELECT seq, packed FROM refused ORDER BY seq"),
    ];

    private static long Next(SqlStatement rows)
    {
        if (rows.Step())
            return rows.Int64(0);
        rows.Reset();
        return long.MaxValue;
    }

    private static bool TryKey(SqlStatement row, int table, out UInt128 id)
    {
        var bytes = row.Bytes(1);
        id = bytes.Length >= 16 ? BinaryPrimitives.ReadUInt128BigEndian(bytes) : 0;
        if (table == RefusedTable)
            return bytes.Length is PackedRefusal.Size or PackedRefusal.SizeWithoutDepth;
        return bytes.Length == PackedRow.Size && bytes[16] < ProcessingStrategies.Names.Count && row.Bytes(2).Length > 0;
    }

    private static bool HasMeaning(in PackedRefusal row, HashSet<long> sources) =>
        Reason.IsKnown(row.Reason.Code) && row.Flaw <= CanonicalizationError.BadPort && sources.Contains(row.Source);

    private static HashSet<long> Sources(SqlConnection ledger)
    {
        var sources = new HashSet<long>();
        var rows = ledger.Prepare("SELECT id FROM sources");
        while (rows.Step())
            sources.Add(rows.Int64(0));
        rows.Reset();
        return sources;
    }

    private readonly record struct Tally(string First, long Count)
    {
        public Tally Add(long sequence) => new(Count == 0 ? string.Create(CultureInfo.InvariantCulture, $"row {sequence}") : First, Count + 1);
    }
}
