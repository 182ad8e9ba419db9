using Atlas.Pipeline.Topology;

namespace Atlas.Pipeline.Sources;

/// <summary>Settings of the <c>discovered</c> source: there are none.</summary>
internal sealed record DiscoveredOptions
{
    /// <summary>Reads nothing: the reader is there so that every kind is read the same way.</summary>
    internal static DiscoveredOptions Read(SettingsReader yaml)
    {
        ArgumentNullException.ThrowIfNull(yaml);
        return new DiscoveredOptions();
    }
}
