using Microsoft.Win32.SafeHandles;

namespace Atlas.Pipeline.Sources;

/// <summary>One open file of a tail source. Used by the source's one reader.</summary>
internal sealed class TailedFile(string identity, string path, SafeFileHandle handle, LineBatcher lines) : IDisposable
{
    /// <summary>What survives renaming.</summary>
    public string Identity { get; } = identity;

    /// <summary>Where it was seen last.</summary>
    public string Path { get; set; } = path;

    public SafeFileHandle Handle { get; } = handle;

    public LineBatcher Lines { get; } = lines;

    /// <summary>No path leads to it any more.</summary>
    public bool IsGone { get; set; }

    /// <summary>It was renamed: its writer moves on to another file.</summary>
    public bool WasRenamed { get; set; }

    /// <summary>Looks in a row that found nothing new.</summary>
    public int IdleLooks { get; set; }

    /// <summary>Where the visit that is under way ends, in bytes from the start; -1 between visits.</summary>
    public long VisitEnd { get; set; } = -1;

    /// <summary>Skipped lines that the source has counted already.</summary>
    public long SkippedCounted { get; set; }

    public void Dispose()
    {
        Handle.Dispose();
        Lines.Dispose();
    }
}
