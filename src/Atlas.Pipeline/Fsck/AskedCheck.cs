using System.Buffers.Binary;
using System.Globalization;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Fsck;

/// <summary>Whether what is to be asked for in the place of a URL, after redirects, is another spelling of it.</summary>
internal static class AskedCheck
{
    public static void Run(Examination examination, UrlSpelling spelling)
    {
        var other = new List<long>();
        for (var priority = 0; priority < PriorityClasses.Count; priority++)
        {
            var asked = examination.Ledger.Prepare($"SELECT w.seq, w.asks, q.packed FROM work w JOIN {LedgerSchema.QueueOf(priority)} q ON q.seq = w.seq WHERE w.asks IS NOT NULL");
            while (asked.Step())
            {
                if (!spelling.Gives(asked.Bytes(1), BinaryPrimitives.ReadUInt128BigEndian(asked.Bytes(2))))
                    other.Add(asked.Int64(0));
            }

            asked.Reset();
        }

        if (other.Count == 0)
            return;
        examination.Repairable("ledger", "URLs are to be asked for as other ones", string.Create(CultureInfo.InvariantCulture, $"work.seq {other[0]}"), other.Count, "--repair has them asked for as they were given.", () => examination.InTransaction(() =>
        {
            foreach (var sequence in other)
                examination.Ledger.Execute(string.Create(CultureInfo.InvariantCulture, $"UPDATE work SET asks = NULL, redirects = 0 WHERE seq = {sequence}"));
        }));
    }
}
