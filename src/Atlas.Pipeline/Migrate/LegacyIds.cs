namespace Atlas.Pipeline.Migrate;

/// <summary>An id of a legacy program, and the resource that it is of.</summary>
/// <param name="Text">As it is stored: where two resources have one id, that of a later database, or of a later row, stands behind its database's name.</param>
/// <param name="Database">Whose it is.</param>
/// <param name="Group">The resource.</param>
internal readonly record struct LegacyId(string Text, string Database, int Group);

/// <summary>All ids of all inputs in the order of their text: written in any other, each would be a page of the ledger's index by itself.</summary>
internal static class LegacyIds
{
    public static IReadOnlyList<LegacyId> Of(LegacyCensus census, LegacyRows rows)
    {
        var all = new List<(string Text, int Row)>();
        for (var row = 0; row < census.Rows.Count; row++)
        {
            var seen = census.Rows[row];
            if (LegacyTables.HasIds(seen.Table) && rows.Read(seen).Text(LegacyField.Id) is { Length: > 0 } id)
                all.Add((id, row));
        }

        all.Sort((one, other) => string.CompareOrdinal(one.Text, other.Text) is var order and not 0 ? order : one.Row.CompareTo(other.Row));
        var ids = new List<LegacyId>(all.Count);
        var moved = new List<LegacyId>();
        var (text, group) = ("", -1);
        foreach (var (id, number) in all)
        {
            var row = census.Rows[number];
            if (id != text)
                ids.Add(new LegacyId(text = id, rows.NameOf(row.Input), group = row.Group));
            else if (row.Group != group)
                moved.Add(new LegacyId($"{rows.NameOf(row.Input)}:{id}", rows.NameOf(row.Input), row.Group));
        }

        ids.AddRange(moved);
        return ids;
    }
}
