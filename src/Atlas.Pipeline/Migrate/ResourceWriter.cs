namespace Atlas.Pipeline.Migrate;

/// <summary>Takes one resource over: its row, and what is known of it beside that.</summary>
internal sealed class ResourceWriter(LedgerImport import, LegacyRows rows, LegacyCensus census, string migration, long now) : IDisposable
{
    private readonly LegacyFacts _facts = new(migration);

    /// <summary>Writes it to its place.</summary>
    /// <returns>Its sequence number.</returns>
    public long Write(int number)
    {
        ref readonly var group = ref census.Group(number);
        var line = UrlLine.KeptOf(LegacyCensus.LineOf(rows.Read(census.Rows[group.First])));
        var sequence = group.Place switch
        {
            LegacyPlace.Document => WriteDocument(group, line),
            LegacyPlace.DeadLetter => import.Refuse(group, line),
            _ => import.Queue(group, line),
        };
        var notes = "";
        if (group.Place == LegacyPlace.DeadLetter && group.Letter >= 0)
            notes = WriteDeath(sequence, group);
        import.Note(sequence, notes, _facts.Of(census, number, rows));
        return sequence;
    }

    public void Dispose() => _facts.Dispose();

    private long WriteDocument(in LegacyGroup group, ReadOnlySpan<byte> line)
    {
        var row = census.Rows[group.Body];

        // The line may stand in the statement that reads the body.
        var url = line.ToArray();
        var fetchedAt = group.Created < long.MaxValue ? group.Created : now;
        return import.Document(group, url, rows.BodyOf(row, rows.Read(row)), fetchedAt);
    }

    private string WriteDeath(long sequence, in LegacyGroup group)
    {
        var row = census.Rows[group.Letter];
        var read = rows.Read(row);
        import.Attempt(sequence, group, read.Text(LegacyField.Error));
        var notes = rows.ColumnsOf(row).ToList().FindIndex(column => column.Equals("notes", StringComparison.OrdinalIgnoreCase));
        return notes < 0 ? "" : read.Text(LegacyField.Count + notes);
    }
}
