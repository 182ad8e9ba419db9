namespace Atlas.Pipeline.Migrate;

/// <summary>What was read of one table.</summary>
/// <param name="Name">The table.</param>
/// <param name="Rows">Rows that could be read.</param>
/// <param name="Digest">Over all their columns.</param>
/// <param name="Unreadable">The gaps between them.</param>
internal sealed record LegacyTableRead(string Name, long Rows, string Digest, IReadOnlyList<UnreadableRows> Unreadable)
{
    /// <summary>Of rows that are URLs: those whose URL an earlier row of the table has, however it is spelt.</summary>
    public long Duplicates { get; init; }
}

/// <summary>What was read of one database.</summary>
/// <param name="Name">The file's name.</param>
/// <param name="Tables">All of its tables, in the order in which they were read.</param>
internal sealed record LegacyInput(string Name, IReadOnlyList<LegacyTableRead> Tables);
