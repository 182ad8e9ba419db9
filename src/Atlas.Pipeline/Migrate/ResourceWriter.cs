using System.Text;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Migrate;

/// <summary>Takes one resource over: its row, and what is known of it beside that.</summary>
internal sealed class ResourceWriter(LedgerImport import, LegacyRows rows, LegacyCensus census, LegacyLog log, string migration, long now) : IDisposable
{
    private readonly LegacyFacts _facts = new(migration);
    private readonly HashSet<(byte, string)> _logged = [];

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
        var (notes, death) = ("", LetterFacts.None);
        if (group.Place == LegacyPlace.DeadLetter)
        {
            var tries = WriteTries(sequence, number);
            if (group.Letter >= 0)
                (notes, death) = WriteDeath(sequence, group, tries);
        }

        import.Note(sequence, notes, _facts.Of(census, number, rows, death));
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

    /// <summary>The tries that the legacy log has of all its ids.</summary>
    private int WriteTries(long sequence, int number)
    {
        var (tries, last) = (0, "");
        foreach (var index in census.RowsOf(number))
        {
            var row = census.Rows[index];
            if (!LegacyTables.HasIds(row.Table) || rows.Read(row).Text(LegacyField.Id) is not { Length: > 0 } id || id == last)
                continue;
            last = id;

            // Metadata and queue have the same ids: of each the first row counts.
            if (!_logged.Add((row.Input, id)))
                continue;
            foreach (var failed in log.Of(row.Input, id))
                import.Attempt(sequence, ++tries, failed.At, failed.Milliseconds, LegacyReasons.Of([], [], Encoding.UTF8.GetBytes(failed.Message)), failed.Message);
        }

        _logged.Clear();
        return tries;
    }

    /// <summary>The last try, of which the letter itself speaks: one of the history where it says when that was, else what is known of it beside the history.</summary>
    private (string Notes, LetterFacts Death) WriteDeath(long sequence, in LegacyGroup group, int tries)
    {
        var row = census.Rows[group.Letter];
        var read = rows.Read(row);
        var (number, error) = (Math.Max(tries + 1, group.Retries), read.Text(LegacyField.Error));
        var death = LetterFacts.None;
        if (group.DiedAt > 0)
            import.Attempt(sequence, number, group.DiedAt, 0, group.Death, error);
        else
            death = new LetterFacts { For = group.Reason.Name, Error = error.Length > 0 ? error : null, Attempts = group.Retries };
        var notes = rows.ColumnsOf(row).ToList().FindIndex(column => column.Equals("notes", StringComparison.OrdinalIgnoreCase));
        return (notes < 0 ? "" : read.Text(LegacyField.Count + notes), death);
    }
}
