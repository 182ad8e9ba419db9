namespace Atlas.Pipeline.Fetch;

/// <summary>Watches the fetch of an item's document: it is one request. A redirect ends it, as what it leads to is a URL like any other, with a key, rules and a host of its own.</summary>
/// <param name="item">What is fetched; told what its host's robots.txt says and where the answer leads.</param>
/// <param name="robots">Null if robots.txt is not obeyed.</param>
/// <param name="sending">Told when the request has nothing to wait for any more.</param>
/// <param name="answered">Told when the head of the answer has come.</param>
internal sealed class PageHops(WorkItem item, RobotsGuard? robots, Action<WorkItem>? sending, Action<WorkItem>? answered) : IHops
{
    public async ValueTask MayAskAsync(Uri hop, CancellationToken cancel)
    {
        if (robots is not null)
        {
            var rules = await robots.CheckAsync(hop, cancel);
            (item.CrawlDelay, item.Sitemaps) = (rules.CrawlDelay, rules.SitemapLines);
        }

        sending?.Invoke(item);
    }

    public void Answered() => answered?.Invoke(item);

    public bool Follows(Uri from, Uri to)
    {
        // Whoever asks without cookies hears the same answer again.
        if (Uri.Compare(from, to, UriComponents.HttpRequestUrl, UriFormat.UriEscaped, StringComparison.Ordinal) == 0)
            throw new FetchFailedException(Reason.TooManyRedirects, "It redirects to itself.");
        item.RedirectsTo = to;
        return false;
    }
}
