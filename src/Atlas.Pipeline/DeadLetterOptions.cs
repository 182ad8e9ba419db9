using Atlas.Pipeline.Topology;

namespace Atlas.Pipeline;

/// <summary>The settings of <c>dead_letters</c>: how long they are kept.</summary>
internal sealed record DeadLetterOptions
{
    /// <summary>How old a dead letter becomes; null for any age.</summary>
    public TimeSpan? KeptFor { get; init; }

    /// <summary>How many are kept, the newest; null for all.</summary>
    public long? Most { get; init; }

    internal static DeadLetterOptions Read(SettingsReader yaml)
    {
        var days = yaml.Int32("retention_days", "Days after which a dead letter is deleted by a run: at its start and once an hour. What was imported or migrated counts from then. 0 keeps it for ever. What was refused for a reason, or by a host, that is held (atlas dlq hold) stays.", min: 0, max: 36_500, or: 0);
        var most = yaml.Int64("retention_max", "Dead letters that are kept; the ones that came first are deleted beyond it. 0 keeps all of them.", min: 0, or: 0);
        return new DeadLetterOptions { KeptFor = days == 0 ? null : TimeSpan.FromDays(days), Most = most == 0 ? null : most };
    }
}
