namespace Atlas.Urls;

/// <summary>The lists that a parameter name is on.</summary>
[Flags]
internal enum NameLists : byte
{
    None = 0,

    /// <summary>Dropped on every site.</summary>
    Dropped = 1,

    /// <summary>Kept on every site that doesn't drop it itself.</summary>
    Kept = 2,

    /// <summary>On the list of some site, which has to be asked.</summary>
    OnSites = 4,

    /// <summary>Only traces where a visitor of this site came from.</summary>
    TrackedHere = 8,

    /// <summary>Dropped on this site.</summary>
    DroppedHere = 16,

    /// <summary>Kept on this site.</summary>
    KeptHere = 32,

    /// <summary>A session id if the value looks like one.</summary>
    SessionId = 64,
}
