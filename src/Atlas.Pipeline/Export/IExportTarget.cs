namespace Atlas.Pipeline.Export;

/// <summary>Where an export goes: one stream, or files one after the other.</summary>
internal interface IExportTarget : IDisposable
{
    /// <summary>Whether <see cref="Begin"/> may be called more than once.</summary>
    bool TakesMany { get; }

    /// <summary>The name of the file begun last, without its directory; null where there is none.</summary>
    string? Name { get; }

    /// <summary>Ends the file before and begins the next one.</summary>
    /// <returns>Stays the target's. Where there are many, its position counts the bytes.</returns>
    Stream Begin();

    /// <summary>Ends the last file. Without it what was written last stays under a name that says it is not whole.</summary>
    void Complete();
}
