namespace Atlas.Pipeline;

/// <summary>What a stage decided about one URL. Every URL meets exactly one fate per stage.</summary>
internal enum Fate : byte
{
    /// <summary>Goes on to the next stage.</summary>
    Forward = 0,

    /// <summary>Leaves because it was meant to: known already. Counted, not stored.</summary>
    Drop,

    /// <summary>Comes back later: a ledger row with a due time.</summary>
    Retry,

    /// <summary>Leaves against our will: a dead letter with its reason, so that it can be replayed.</summary>
    DeadLetter,

    /// <summary>Leaves for where its host has sent us: what comes of that is decided at the end of the work chain.</summary>
    Redirect,

    /// <summary>Leaves because its document, asked for again, is what it was: nothing is read in it or stored.</summary>
    Confirmed,

    /// <summary>Goes back to the queue as it was, because the run is ending. Not a decision about the URL.</summary>
    Interrupted,
}
