namespace Atlas.Pipeline.Hosts;

/// <summary>What the end of a fetch says about the host that was asked, whatever it says about the URL.</summary>
internal enum HostOutcome : byte
{
    /// <summary>Nothing: it was not asked, or the fault is ours.</summary>
    Nothing = 0,

    /// <summary>It works. A 404 says so as well.</summary>
    Answered,

    /// <summary>It does not work: no connection, no answer in time, or an error of its own.</summary>
    Failed,

    /// <summary>It works, and wants to be asked less.</summary>
    AskedToWait,
}
