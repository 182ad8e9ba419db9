using Atlas.Pipeline.Topology;

namespace Atlas.Pipeline.Sources;

/// <summary>Settings of the <c>stdin</c> source: there are none.</summary>
internal sealed record StdinOptions
{
    /// <summary>Reads nothing: the reader is there so that every kind is read the same way.</summary>
    internal static StdinOptions Read(SettingsReader yaml)
    {
        ArgumentNullException.ThrowIfNull(yaml);
        return new StdinOptions();
    }
}
