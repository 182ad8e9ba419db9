namespace Atlas.Pipeline.Fetch;

/// <summary>What a line of a robots.txt is about.</summary>
internal enum RobotsKey : byte
{
    /// <summary>Nothing that is known here; such lines do not end a group.</summary>
    Other = 0,

    UserAgent,

    Allow,

    Disallow,

    CrawlDelay,

    Sitemap,
}
