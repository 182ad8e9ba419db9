namespace Atlas.Pipeline.Fsck;

/// <summary>What a finding means for the state.</summary>
internal enum FindingState : byte
{
    /// <summary>Worth knowing; nothing is wrong.</summary>
    Note,

    /// <summary>Something is wrong, and still is.</summary>
    Damaged,

    /// <summary>Something was wrong.</summary>
    Repaired,
}

/// <summary>One thing that a check has found.</summary>
/// <param name="State">Whether it is wrong.</param>
/// <param name="Part">What it is in: state, ledger, index, bodies or sources.</param>
/// <param name="What">What is the matter.</param>
/// <param name="Where">The file, table or row; the first of several.</param>
/// <param name="Count">How many.</param>
/// <param name="WayOut">What a repair will do or has done, or what the operator must do.</param>
internal sealed record Finding(FindingState State, string Part, string What, string Where, long Count, string WayOut);
