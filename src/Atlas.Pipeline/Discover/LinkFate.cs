namespace Atlas.Pipeline.Discover;

/// <summary>What becomes of one link in a page.</summary>
internal enum LinkFate
{
    /// <summary>It comes back as a line.</summary>
    Followed = 0,

    /// <summary>The page has it already, or is it.</summary>
    Repeated,

    /// <summary>It leads into the page itself, to something that is not http or https, or nowhere.</summary>
    NoDocument,

    /// <summary>The page asks not to follow it.</summary>
    Nofollow,
    OutOfScope,

    /// <summary>The pipeline's <c>include</c> and <c>exclude</c> leave it out.</summary>
    Excluded,

    /// <summary>Its address looks made up on the fly.</summary>
    Trap,

    /// <summary>Longer than <c>max_url_bytes</c>.</summary>
    TooLong,

    /// <summary>The page has more than <c>max_links_per_page</c>.</summary>
    TooMany,
}
