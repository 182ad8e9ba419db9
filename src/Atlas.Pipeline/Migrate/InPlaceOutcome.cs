namespace Atlas.Pipeline.Migrate;

/// <summary>What a change in place has come to.</summary>
/// <param name="Columns">Columns that were added.</param>
/// <param name="Merged">Rows that were another spelling or another id of an earlier one's page: now aliases.</param>
/// <param name="Moved">Queue rows that went to the dead letters.</param>
/// <param name="Freed">Rows that were stuck and are pending again.</param>
internal sealed record InPlaceOutcome(int Columns, long Merged, long Moved, long Freed)
{
    public bool ChangedAnything => Columns + Merged + Moved + Freed > 0;
}
