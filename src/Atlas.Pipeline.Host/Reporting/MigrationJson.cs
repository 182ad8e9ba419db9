using Atlas.Pipeline.Migrate;

namespace Atlas.Pipeline.Host.Reporting;

/// <summary>What a migration does and has done, for programs: a JSON object a line.</summary>
internal static class MigrationJson
{
    public static string Of(MigrationPlan plan) => JsonLine.Of(json =>
    {
        json.WriteString("id", plan.Id);
        json.WriteString("state", plan.State);
        json.WriteNumber("rows", plan.Inputs.Sum(input => input.Tables.Sum(table => table.Rows)));
        json.WritePropertyName("actions");
        PlanFile.WriteActions(json, plan.Actions);
    });

    public static string Of(MigrationPlan plan, MigrationOutcome outcome) => JsonLine.Of(json =>
    {
        json.WriteString("id", plan.Id);
        json.WriteBoolean("was_done", outcome.WasDone);
        json.WriteNumber("queued", outcome.Queued);
        json.WriteNumber("documents", outcome.Documents);
        json.WriteNumber("dead_letters", outcome.DeadLetters);
        json.WriteNumber("existing", outcome.Existing);
        json.WriteString("digest", outcome.Digest);
    });

    /// <summary>What was taken back; without a digest where there was no ledger before.</summary>
    public static string Of(RollbackOffer taken) => JsonLine.Of(json =>
    {
        json.WriteString("id", taken.Id);
        json.WriteBoolean("had_begun", taken.HadBegun);
        if (taken.LedgerDigest is { } digest)
            json.WriteString("ledger_digest", digest);
    });
}
