namespace Atlas.Pipeline.Migrate;

/// <summary>A migration that can be taken back.</summary>
/// <param name="Id">Which.</param>
/// <param name="Before">What was there before; null where there is nothing to put back any more, or nothing was changed.</param>
/// <param name="RanSince">Something was run or decided on the state directory after it.</param>
internal sealed record RollbackOffer(string Id, StateBefore? Before, bool RanSince)
{
    /// <summary>False for one that died while it made its copies.</summary>
    public bool HadBegun { get; init; } = true;

    /// <summary>Of the ledger that was there before; null if there was none.</summary>
    public string? LedgerDigest { get; init; } = Before?.LedgerDigest;

    /// <param name="state">The state directory.</param>
    /// <param name="force">Whether what was done since may be lost.</param>
    /// <exception cref="MigrationRefusedException">Something would be lost.</exception>
    public void ThrowIfRanSince(string state, bool force)
    {
        if (RanSince && !force)
            throw new MigrationRefusedException($"Something was run or decided on {state} after migration {Id}, and would be lost. Give --force to take the migration back all the same.");
    }
}
