namespace Atlas.LegacyData;

/// <summary>How many rows there are of each kind. The defaults are those of the database that the roadmap describes.</summary>
public sealed record LegacySizes
{
    /// <summary>Rows of <c>processing_queue</c>.</summary>
    public int Queue { get; init; } = 52_943;

    /// <summary>Of those, the ones with a <c>file</c> URL, each another one.</summary>
    public int Files { get; init; } = 19_589;

    /// <summary>Rows of <c>content_metadata</c> without one in the queue.</summary>
    public int Orphans { get; init; } = 19_415;

    /// <summary>Rows of <c>dead_letter_queue</c>.</summary>
    public int DeadLetters { get; init; } = 1_200;

    /// <summary>Another seed, another database; the same one, the same bytes.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>The same shares, more or fewer rows.</summary>
    public LegacySizes Times(double factor) => this with
    {
        Queue = (int)(Queue * factor),
        Files = (int)(Files * factor),
        Orphans = (int)(Orphans * factor),
        DeadLetters = (int)(DeadLetters * factor),
    };
}

/// <summary>What was written, as the writer knows it and not as anybody reads it.</summary>
public sealed record LegacyCounts
{
    /// <summary>Rows of all tables.</summary>
    public long Rows { get; set; }

    /// <summary>Different <c>file</c> URLs.</summary>
    public int Files { get; set; }

    /// <summary>Different pages that are to be fetched, or whose content is there.</summary>
    public int Wanted { get; set; }

    /// <summary>Of those, the ones whose content is there.</summary>
    public int WithContent { get; set; }

    /// <summary>Different pages that were given up and that nobody wants.</summary>
    public int GivenUp { get; set; }

    /// <summary>Different lines that are no URL, or one of another scheme.</summary>
    public int Unfetchable { get; set; }
}
