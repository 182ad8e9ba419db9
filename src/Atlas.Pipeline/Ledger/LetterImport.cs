using Atlas.Urls;

namespace Atlas.Pipeline.Ledger;

/// <summary>Writes dead letters of another ledger as refused lines, with all that is known of them. The writer's thread alone.</summary>
internal sealed class LetterImport
{
    private readonly BooksCounter _books;
    private readonly Sources _sources;
    private readonly SqlStatement _refuse, _attempt, _notes;
    private readonly byte[] _packed = new byte[PackedRefusal.Size];

    public LetterImport(SqlConnection connection, BooksCounter books, Sources sources)
    {
        (_books, _sources) = (books, sources);
        _refuse = connection.Prepare("INSERT INTO refused(seq, line, packed) VALUES(?1, ?2, ?3)");
        _attempt = connection.Prepare("INSERT OR REPLACE INTO attempts(seq, n, at, status, latency_ms, reason, error) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)");
        _notes = connection.Prepare("INSERT INTO letter_notes(seq, notes, facts) VALUES(?1, ?2, ?3)");
    }

    /// <summary>Each counts as a line that was received and refused.</summary>
    /// <returns>How many.</returns>
    public int Write(IReadOnlyList<ImportedLetter> letters)
    {
        foreach (var letter in letters)
            Write(letter);
        _books.Add(Tally.Received, letters.Count);
        foreach (var letter in letters)
            _books.Rejected.Add(letter.Reason);
        return letters.Count;
    }

    private void Write(ImportedLetter letter)
    {
        var sequence = _books.NextSequence();
        new PackedRefusal(letter.ContentId, letter.Reason, letter.Flaw, letter.At.ToUnixTimeMilliseconds(), _sources.IdOf(letter.Source), letter.SourceOffset, CanonicalizationRules.RulesetVersion, letter.Depth).Write(_packed);
        _refuse.Bind(1, sequence).BindBlob(2, letter.Line).BindBlob(3, _packed).Run();
        foreach (var attempt in letter.History)
        {
            _attempt.Bind(1, sequence).Bind(2, attempt.Number).Bind(3, attempt.At.ToUnixTimeMilliseconds()).Bind(4, attempt.Status).Bind(5, attempt.LatencyMs)
                .Bind(6, attempt.Reason).Bind(7, attempt.Error).Run();
        }

        var facts = letter.Facts.ToJson();
        if (letter.Notes.Length > 0 || facts is not null)
            _notes.Bind(1, sequence).Bind(2, letter.Notes).Bind(3, facts).Run();
    }
}
