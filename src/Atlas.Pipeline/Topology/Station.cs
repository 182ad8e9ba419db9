using System.Runtime.CompilerServices;

namespace Atlas.Pipeline.Topology;

/// <summary>A source or stage as it was read, before its links are checked.</summary>
/// <param name="Name">Its key in the file.</param>
/// <param name="Key">Where that key stands.</param>
/// <param name="IsSource">Under <c>sources</c>.</param>
internal sealed record Station(string Name, ScalarNode Key, bool IsSource)
{
    /// <summary>Null when its type is unknown or its settings are no map: then nothing is said about its links.</summary>
    public StageKind? Kind { get; init; }

    public object Options { get; init; } = new();

    public IReadOnlyList<Feed> From { get; init; } = [];

    public int Capacity { get; init; } = StageDefinition.DefaultCapacity;

    public bool CapacityIsGiven { get; init; }

    public int Parallelism { get; init; } = 1;

    public string Path => (IsSource ? "sources." : "stages.") + Name;

    public IReadOnlyList<string> NamedOutputs => Kind?.NamedOutputs?.Invoke(Options) ?? [];

    /// <summary>Two stations are never the same one, whatever is written in them.</summary>
    public bool Equals(Station? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => RuntimeHelpers.GetHashCode(this);

    public StageDefinition ToDefinition() => new()
    {
        Name = Name,
        Kind = Kind!,
        Options = Options,
        From = From.Select(feed => feed.Link).ToList(),
        Capacity = Capacity,
        CapacityIsGiven = CapacityIsGiven,
        Parallelism = Parallelism,
    };
}

/// <summary>One item of a <c>from</c> and where it stands.</summary>
internal sealed record Feed(Link Link, ScalarNode At);
