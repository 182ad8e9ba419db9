namespace Atlas.LegacyData;

/// <summary>Which of the programs has written a database, and how far its changes of the tables came.</summary>
public enum LegacyEra
{
    /// <summary>The tables as first created: priorities are words, no later column, a dead letter queue of shape B (a cleanup script's).</summary>
    First,

    /// <summary>An ALTER failed at its first column, so that the rest of its block was left out; a dead letter queue of shape C (the roadmap's).</summary>
    PartlyAltered,

    /// <summary>All later columns and indexes, priorities are words and numbers mixed, contents are kept; a dead letter queue of shape A (the module's).</summary>
    Altered,

    /// <summary>The program before it: <c>content</c> and <c>episode_queue</c>.</summary>
    Version1,
}
