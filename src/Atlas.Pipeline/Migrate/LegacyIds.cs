using System.Text;

namespace Atlas.Pipeline.Migrate;

/// <summary>An id of a legacy program, and the resource that it is of.</summary>
/// <param name="Text">As it stands there: two resources may have one id, of two databases or of two tables.</param>
/// <param name="Database">Whose it is.</param>
/// <param name="Group">The resource.</param>
internal readonly record struct LegacyId(string Text, string Database, int Group)
{
    /// <summary>As what an id is stored where all before it are another resource's: behind the name of its database.</summary>
    public static string Behind(string database, string stored) => $"{database}:{stored}";
}

/// <summary>All ids of all inputs in the order of their text, each once for each resource: written in any other order, each would be a page of the ledger's index by itself.</summary>
/// <remarks>The order is that of the databases' own indexes, so that nothing is sorted and held here; of a database that is not sound the ids are read row by row, and held.</remarks>
internal static class LegacyIds
{
    private static readonly LegacyTable[] Tables = [.. LegacyTables.All.Where(LegacyTables.HasIds)];

    public static IEnumerable<LegacyId> Of(LegacyCensus census, LegacyRows rows)
    {
        var next = new PriorityQueue<IEnumerator<(byte[] Id, int Row)>, (byte[] Id, int Row)>(Comparer<(byte[] Id, int Row)>.Create(Compare));
        for (byte input = 0; input < rows.Databases.Count; input++)
        {
            foreach (var table in Tables)
                Advance((rows.IsSound(input) ? rows.IdsInOrder(input, table, census) : rows.IdsByRow(input, table, census)).GetEnumerator());
        }

        byte[] text = [];
        var groups = new List<int>();
        while (next.TryDequeue(out var source, out var first))
        {
            if (!first.Id.AsSpan().SequenceEqual(text))
            {
                text = first.Id;
                groups.Clear();
            }

            var row = census.Rows[first.Row];
            if (!groups.Contains(row.Group))
            {
                groups.Add(row.Group);
                yield return new LegacyId(Encoding.UTF8.GetString(text), rows.NameOf(row.Input), row.Group);
            }

            Advance(source);
        }

        void Advance(IEnumerator<(byte[] Id, int Row)> source)
        {
            if (source.MoveNext())
                next.Enqueue(source, source.Current);
            else
                source.Dispose();
        }
    }

    private static int Compare((byte[] Id, int Row) one, (byte[] Id, int Row) other) =>
        one.Id.AsSpan().SequenceCompareTo(other.Id) is var order and not 0 ? order : one.Row.CompareTo(other.Row);
}
