using System.Globalization;

namespace Atlas.Pipeline.Fsck;

/// <summary>Compares all keys of the ledger with one another and with those of the index, part by part: exact, whatever their number.</summary>
internal static class KeysCheck
{
    /// <summary>The number of a key whose row was taken out, and that the index may have or not. Sorts behind all rows.</summary>
    public const long Forgotten = long.MaxValue;

    /// <param name="examination">The state.</param>
    /// <param name="ledger">The keys of all rows, by their sequence numbers.</param>
    /// <param name="index">The keys of the index's checkpoint; null when it has none that could be read.</param>
    /// <param name="highWater">The row up to which the checkpoint holds keys.</param>
    public static void Run(Examination examination, KeyPartitions ledger, KeyPartitions? index, long highWater)
    {
        examination.Progress.Begin("comparing keys", KeyPartitions.Parts);
        var doubled = new List<long>();
        long doubles = 0, missing = 0, foreign = 0, firstMissing = 0;
        var firstForeign = "";
        for (var part = 0; part < KeyPartitions.Parts; part++)
        {
            var rows = ledger.Sorted(part);
            for (var i = 1; i < rows.Length; i++)
            {
                if (rows[i].Key != rows[i - 1].Key || rows[i].Number == Forgotten)
                    continue;
                doubles++;
                if (doubled.Count < DoubledRows.Most)
                    doubled.Add(rows[i].Number);
            }

            if (index is not null)
                Compare(rows, index.Sorted(part));
            examination.Progress.Advance(1);
        }

        if (doubles > 0)
            DoubledRows.Settle(examination, doubled, doubles);
        if (missing > 0)
            Rebuild(examination, "the index lacks keys that the ledger has: their URLs would be admitted again", string.Create(CultureInfo.InvariantCulture, $"row {firstMissing}"), missing);
        if (foreign > 0)
            Rebuild(examination, "the index has keys that the ledger lacks: their URLs would be taken for known and never be fetched", $"key {firstForeign}", foreign);

        void Compare(ReadOnlySpan<NumberedKey> rows, ReadOnlySpan<NumberedKey> known)
        {
            int row = 0, key = 0;
            while (row < rows.Length || key < known.Length)
            {
                var order = row == rows.Length ? 1 : key == known.Length ? -1 : rows[row].Key.CompareTo(known[key].Key);
                if (order == 0)
                {
                    // Both sides may have a key more than once: what is equal goes together.
                    var same = rows[row].Key;
                    while (row < rows.Length && rows[row].Key == same)
                        row++;
                    while (key < known.Length && known[key].Key == same)
                        key++;
                }
                else if (order > 0)
                {
                    if (foreign++ == 0)
                        firstForeign = known[key].Key.ToString("x32", CultureInfo.InvariantCulture);
                    key++;
                }
                else
                {
                    if (rows[row].Number <= highWater && missing++ == 0)
                        firstMissing = rows[row].Number;
                    row++;
                }
            }
        }
    }

    private static void Rebuild(Examination examination, string what, string where, long count) =>
        examination.Repairable("index", what, where, count, "--repair makes the index anew from the ledger.", () => examination.IndexMustBeRebuilt = true);
}
