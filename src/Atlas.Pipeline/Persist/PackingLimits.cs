namespace Atlas.Pipeline.Persist;

/// <summary>What holds packing back.</summary>
internal sealed record PackingLimits
{
    /// <summary>Whether so many bytes may be written beside what is kept free.</summary>
    public Func<long, bool> HasRoom { get; init; } = static _ => true;

    /// <summary>Whether the machine has something better to do; asked before each block.</summary>
    public Func<bool> MustWait { get; init; } = static () => false;

    /// <summary>Set when the run was told to end: then nothing more is packed.</summary>
    public CancellationToken Leaving { get; init; }
}
