using Atlas.Urls;

namespace Atlas.Pipeline.Migrate;

/// <summary>What a legacy row wants for its URL; of several the greatest counts.</summary>
internal enum LegacyWish : byte
{
    /// <summary>It is known, and no more: metadata without a say, a v1 row without content.</summary>
    Known = 0,

    /// <summary>It was given up: a dead letter, a row that is <c>failed</c> or <c>quarantined</c>.</summary>
    GivenUp,

    /// <summary>It is to be fetched: queued, stuck half-way, or completed although nothing of it was kept.</summary>
    Wanted,

    /// <summary>Its content is there.</summary>
    Kept,
}

/// <summary>Where the rows of one resource come to. The numbers are stored with a migration, so none is ever given to another place.</summary>
internal enum LegacyPlace : byte
{
    Document = 1,
    DeadLetter = 2,
    Queue = 3,

    /// <summary>The state directory had it before.</summary>
    Existing = 4,
}

/// <summary>One row of one input.</summary>
/// <param name="Group">Of which resource it is.</param>
/// <param name="Input">The number of its database, from 0.</param>
/// <param name="Table">Its table.</param>
/// <param name="Row">Its number there.</param>
internal readonly record struct LegacyRow(int Group, byte Input, LegacyTable Table, long Row);

/// <summary>Everything that all inputs say of one resource: the rows whose URLs have one canonical form.</summary>
internal struct LegacyGroup
{
    public const PriorityClass NoPriority = (PriorityClass)byte.MaxValue;

    public UInt128 Key;

    /// <summary>Unix milliseconds of the earliest row; <see cref="long.MaxValue"/> where none has a time that can be read.</summary>
    public long Created;

    /// <summary>When it was given up, in Unix milliseconds; 0 where nobody knows.</summary>
    public long DiedAt;

    /// <summary>The earliest row, whose spelling and id are kept.</summary>
    public int First;

    /// <summary>The row that has its content; -1 for none.</summary>
    public int Body;

    /// <summary>The row that says why it was given up; -1 for none.</summary>
    public int Letter;

    public int Retries;

    /// <summary>Why this pipeline refuses it; <see cref="Reason.None"/> if it does not.</summary>
    public Reason Refusal;

    /// <summary>Why the legacy program gave it up.</summary>
    public Reason Death;

    public CanonicalizationError Flaw;
    public LegacyWish Wish;

    /// <summary>The most urgent of the rows that want it.</summary>
    public PriorityClass Priority;

    /// <summary>What classify gives.</summary>
    public PriorityClass ByRule;

    public ProcessingStrategy Strategy;

    public readonly LegacyPlace Place =>
        Refusal != Reason.None ? LegacyPlace.DeadLetter
        : Wish == LegacyWish.Kept ? LegacyPlace.Document
        : Wish == LegacyWish.GivenUp ? LegacyPlace.DeadLetter
        : LegacyPlace.Queue;

    /// <summary>The class it is queued with: what its rows say, or else what classify does.</summary>
    public readonly PriorityClass Class => Priority == NoPriority ? ByRule : Priority;

    /// <summary>The reason of a dead letter.</summary>
    public readonly Reason Reason => Refusal != Reason.None ? Refusal : Death;
}
