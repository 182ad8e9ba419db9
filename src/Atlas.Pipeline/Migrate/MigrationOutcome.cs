using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Migrate;

/// <summary>What a migration has come to.</summary>
/// <param name="WasDone">There was nothing left to do.</param>
/// <param name="Digest">Over all that was written: the same for every way to come to it.</param>
/// <param name="Queued">Resources in the queue.</param>
/// <param name="Documents">Documents.</param>
/// <param name="DeadLetters">Dead letters.</param>
/// <param name="Existing">Resources that were there.</param>
internal sealed record MigrationOutcome(bool WasDone, string Digest, long Queued, long Documents, long DeadLetters, long Existing)
{
    public static MigrationOutcome Of(SqlConnection ledger, long number, bool wasDone)
    {
        long Count(LegacyPlace place) => ledger.Scalar($"SELECT count(*) FROM migrated WHERE migration = {number} AND place = {(int)place}");
        return new MigrationOutcome(wasDone, ledger.Text($"SELECT coalesce(digest, '') FROM migrations WHERE number = {number}"), Count(LegacyPlace.Queue), Count(LegacyPlace.Document), Count(LegacyPlace.DeadLetter), Count(LegacyPlace.Existing));
    }
}
