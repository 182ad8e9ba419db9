namespace Atlas.Pipeline.Topology;

/// <summary>What a setting is, as its reader declares it: the source of the settings tables and the JSON Schema.</summary>
/// <param name="Name">The key in the YAML.</param>
/// <param name="Type">string, integer, number, boolean, list, map, <see cref="MapOfMaps"/>, or several of them with " or " between.</param>
/// <param name="Default">As it would be written; null if the setting is required.</param>
/// <param name="Limits">The range in words, or empty.</param>
/// <param name="Doc">Unit and meaning, and what happens at the limit: sentences.</param>
internal sealed record SettingDoc(string Name, string Type, string? Default, string Limits, string Doc)
{
    /// <summary>The type of a map whose keys are the user's and whose values are maps of settings.</summary>
    public const string MapOfMaps = "map of maps";

    public long? Min { get; init; }

    public long? Max { get; init; }

    /// <summary>The only words allowed, if there is such a list.</summary>
    public IReadOnlyList<string>? Choices { get; init; }

    /// <summary>The settings inside, for a map.</summary>
    public IReadOnlyList<SettingDoc>? Inside { get; init; }
}
