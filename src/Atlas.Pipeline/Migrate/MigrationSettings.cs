using Atlas.Pipeline.Check;

namespace Atlas.Pipeline.Migrate;

/// <summary>By what legacy rows are read: the rules of the pipeline that will run, and where the machine stood that wrote the times.</summary>
/// <param name="Rules">Of normalize and classify.</param>
/// <param name="TimeZone">As the system knows it: <c>Europe/Berlin</c>, or <c>UTC</c>.</param>
internal sealed record MigrationSettings(KeyRules Rules, string TimeZone)
{
    /// <summary>Reads the rows' times.</summary>
    public LegacyTimes Times { get; } = new(TimeZoneInfo.FindSystemTimeZoneById(TimeZone));
}
