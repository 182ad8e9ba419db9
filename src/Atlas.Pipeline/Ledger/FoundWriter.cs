namespace Atlas.Pipeline.Ledger;

/// <summary>Keeps the links that documents brought, until they have been read as lines: one row for each document, by where it begins in the file that they make up. The writer's thread alone.</summary>
internal sealed class FoundWriter
{
    private readonly SqlStatement _append;
    private readonly SqlStatement _forget;

    public FoundWriter(SqlConnection connection)
    {
        _append = connection.Prepare("INSERT INTO found(start, depth, lines) VALUES(?1, ?2, ?3)");

        // The row that holds the place stays, and so does the last one: it says where the next begins.
        _forget = connection.Prepare("DELETE FROM found WHERE start < (SELECT max(start) FROM found WHERE start <= ?1)");
        End = connection.Scalar("SELECT coalesce(max(start + length(lines)), 0) FROM (SELECT start, lines FROM found ORDER BY start DESC LIMIT 1)");
    }

    /// <summary>Where the next links begin, in bytes; written, and not yet committed.</summary>
    public long End { get; private set; }

    public void Append(FoundLinks links)
    {
        _append.Bind(1, End).Bind(2, links.Depth).BindBlob(3, links.Lines).Run();
        End += links.Lines.Length;
    }

    public void Forget(long before) => _forget.Bind(1, before).Run();
}
