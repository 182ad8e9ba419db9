namespace Atlas.Pipeline.Topology;

/// <summary>One node of a settings file: text, list or map, with the place where it stands.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1.</param>
internal abstract record SettingsNode(int Line, int Column);

/// <summary>A single value.</summary>
/// <param name="Text">The value as written, references resolved.</param>
/// <param name="IsQuoted">Written in quotes: a text whatever it looks like.</param>
/// <param name="Line"></param>
/// <param name="Column"></param>
/// <param name="IsSecret">Came through <c>${env:}</c> or <c>${file:}</c>: never shown.</param>
internal sealed record ScalarNode(string Text, bool IsQuoted, int Line, int Column, bool IsSecret = false) : SettingsNode(Line, Column);

/// <summary>A list.</summary>
internal sealed record SequenceNode(IReadOnlyList<SettingsNode> Items, int Line, int Column) : SettingsNode(Line, Column);

/// <summary>A map, in the order of the file.</summary>
internal sealed record MappingNode(IReadOnlyList<MappingEntry> Entries, int Line, int Column) : SettingsNode(Line, Column);

/// <summary>One key of a map and its value.</summary>
internal sealed record MappingEntry(ScalarNode Key, SettingsNode Value);
