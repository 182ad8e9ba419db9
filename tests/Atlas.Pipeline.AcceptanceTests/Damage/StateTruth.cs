using System.Globalization;
using Atlas.Pipeline.DeadLetters;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.AcceptanceTests.Damage;

/// <summary>Where every URL of a state directory is, read from its rows: what must be the same after any damage that was not refused.</summary>
/// <param name="Admitted">The content ids of all admitted rows, in order; one twice is there twice.</param>
/// <param name="Texts">The URLs themselves.</param>
/// <param name="Done">The content ids that have a document.</param>
/// <param name="Dead">The content ids that were given up or refused.</param>
/// <param name="Waiting">Rows in work.</param>
/// <param name="Letters">What is answered about dead letters, by the index beside the ledger.</param>
internal sealed record StateTruth(string Admitted, string Texts, string Done, string Dead, long Waiting, string Letters)
{
    /// <summary>The first question about a state makes its index, or brings it up to date.</summary>
    public static string LettersOf(string state)
    {
        using var book = new LetterBook(state, new StepProgress(TimeProvider.System), new Seams());
        return string.Join('\n', book.Read(book.FindAsync(LetterFilter.All).GetAwaiter().GetResult()).Select(letter => $"{letter.ContentId:x32} {letter.ReasonName}").Order(StringComparer.Ordinal))
            + string.Join('\n', book.CountAsync(LetterFilter.All, "reason", int.MaxValue).GetAwaiter().GetResult().Top.Select(count => $"{count.Name} {count.Count}"));
    }

    public static StateTruth Of(string state)
    {
        using var ledger = SqlConnection.Open(Path.Combine(state, "ledger.db"), readOnly: true);
        var rows = string.Join(" UNION ALL ", Enumerable.Range(0, PriorityClasses.Count).Select(priority => $"SELECT hex(substr(packed, 1, 16)) AS id, url FROM {LedgerSchema.QueueOf(priority)}"));
        return new StateTruth(
            All($"SELECT id FROM ({rows}) ORDER BY 1"),
            All($"SELECT url FROM ({rows}) ORDER BY 1"),
            All("SELECT content_id || ' ' || source_url || ' ' || hex(body_sha256) FROM content_metadata ORDER BY 1"),
            All("SELECT content_id || ' ' || failure_classification FROM dead_letter_queue ORDER BY 1"),
            ledger.Scalar("SELECT count(*) FROM work"),
            LettersOf(state));

        string All(string sql)
        {
            var all = new List<string>();
            var statement = ledger.Prepare(sql);
            while (statement.Step())
                all.Add(statement.Text(0));
            statement.Reset();
            return string.Create(CultureInfo.InvariantCulture, $"{all.Count}: {string.Join('\n', all)}");
        }
    }
}
