using System.Buffers.Binary;
using System.Globalization;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Fsck;

/// <summary>One pass over all admitted rows and refused lines in the order of their sequence numbers: numbers are unique and below the high water, rows can be read, and their keys are handed on.</summary>
internal static class RowsCheck
{
    private const int RefusedTable = PriorityClasses.Count;

    /// <param name="examination">The state.</param>
    /// <param name="keys">Takes the key of each row, with its sequence number.</param>
    /// <param name="spelling">Whether a URL gives its content id; null when nobody knows the rules it was made by.</param>
    public static void Run(Examination examination, KeyPartitions keys, UrlSpelling? spelling)
    {
        var highWater = examination.Counter("sequence");
        examination.Progress.Begin("checking the rows", Math.Max(highWater, 1));
        var tables = Open(examination.Ledger);
        var heads = tables.Select(Next).ToArray();
        var (last, twice, broken, misspelt) = (0L, new Tally("", 0), new Tally("", 0), new Tally("", 0));
        while (Array.IndexOf(heads, heads.Min()) is var table && heads[table] is var sequence and not long.MaxValue)
        {
            var row = tables[table];
            if (sequence == last)
                twice = twice.Add(sequence);
            last = Math.Max(last, sequence);
            if (!TryKey(row, table, out var id))
                broken = broken.Add(sequence);
            else
            {
                keys.Add(table == RefusedTable ? SeenKey.OfRefused(id) : SeenKey.OfAdmitted(id), sequence);
                if (table != RefusedTable && spelling?.Gives(row.Bytes(2), id) == false)
                    misspelt = misspelt.Add(sequence);
            }

            heads[table] = Next(row);
            examination.Progress.Advance(1);
        }

        if (twice.Count > 0)
            examination.Damage("ledger", "sequence numbers are given twice", twice.First, twice.Count, "Two rows are taken for one: put a copy of ledger.db back.");
        if (broken.Count > 0)
            examination.Damage("ledger", "rows cannot be read", broken.First, broken.Count, "Put a copy of ledger.db back, or feed the list again after these rows were deleted by hand.");
        if (misspelt.Count > 0)
            examination.Damage("ledger", "URLs do not give the content id of their row", misspelt.First, misspelt.Count,
                "Their text was damaged, or they came by lists of parameters and sites that normalize no longer has. In the first case put a copy of ledger.db back, or feed the list again on an empty state.");
        if (last > highWater)
        {
            examination.Repairable("ledger", $"the high water is {highWater}, but there is a row {last}", "counters.sequence", 1, "--repair raises it, so that no number is given twice.",
                () => examination.InTransaction(() => examination.SetCounter("sequence", last)));
        }
    }

    private static SqlStatement[] Open(SqlConnection ledger) =>
    [
        .. Enumerable.Range(0, PriorityClasses.Count).Select(priority => ledger.Prepare($"SELECT seq, packed, url FROM {LedgerSchema.QueueOf(priority)} ORDER BY seq")),
        ledger.Prepare("SELECT id, content_id FROM dead_letter_queue WHERE was_admitted = 0 ORDER BY id"),
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
        if (table == RefusedTable)
            return UInt128.TryParse(bytes, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out id);
        id = bytes.Length >= 16 ? BinaryPrimitives.ReadUInt128BigEndian(bytes) : 0;
        return bytes.Length == PackedRow.Size && bytes[16] < ProcessingStrategies.Names.Count && row.Bytes(2).Length > 0;
    }

    private readonly record struct Tally(string First, long Count)
    {
        public Tally Add(long sequence) => new(Count == 0 ? string.Create(CultureInfo.InvariantCulture, $"row {sequence}") : First, Count + 1);
    }
}
