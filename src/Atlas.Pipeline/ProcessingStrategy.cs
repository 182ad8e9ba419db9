namespace Atlas.Pipeline;

/// <summary>What may become of a URL: the roadmap's four classes, named in YAML and in the ledger as <see cref="ProcessingStrategies.NameOf"/> spells them.</summary>
internal enum ProcessingStrategy : byte
{
    /// <summary>An http or https resource that can be fetched.</summary>
    HttpContent = 0,

    /// <summary>A file on somebody's disk (<c>file:</c>). Never fetched, never queued.</summary>
    FileLocal,

    /// <summary>A scheme that nothing here can fetch.</summary>
    Unsupported,

    /// <summary>Ruled out by a rule of the pipeline, whatever its scheme.</summary>
    DeadLetter,
}

/// <summary>The strategies' names, as YAML and the ledger spell them.</summary>
internal static class ProcessingStrategies
{
    /// <summary>All names, in the order of the enum's values.</summary>
    public static readonly IReadOnlyList<string> Names = ["http_content", "file_local", "unsupported", "dead_letter"];

    public static string NameOf(ProcessingStrategy strategy) => Names[(int)strategy];
}
