namespace Atlas.Pipeline.Migrate;

/// <summary>What a change in place has come to.</summary>
/// <param name="Columns">Columns that were added.</param>
/// <param name="Merged">Rows that were another spelling or another id of an earlier one's page: now aliases.</param>
/// <param name="Moved">Queue rows that went to the dead letters.</param>
/// <param name="Freed">Rows that were stuck and are pending again.</param>
internal sealed record InPlaceOutcome(int Columns, long Merged, long Moved, long Freed)
{
    /// <summary>What the database said (<see cref="LedgerDigest"/>).</summary>
    public string Before { get; init; } = "";

    /// <summary>What it says now.</summary>
    public string Digest { get; init; } = "";

    public bool ChangedAnything => Before != Digest;
}
