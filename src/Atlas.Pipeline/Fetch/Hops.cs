namespace Atlas.Pipeline.Fetch;

/// <summary>Watches the hops of one fetch: each host's robots.txt holds for whoever is sent there, and what fails elsewhere is not the fault of the item's host.</summary>
/// <param name="item">What is fetched; told what its host's robots.txt asks for, and whether the way has left that host.</param>
/// <param name="url">Its first URL.</param>
/// <param name="robots">Null if robots.txt is not obeyed.</param>
/// <param name="sending">Told when a hop has nothing to wait for any more.</param>
/// <param name="answered">Told when the head of an answer has come.</param>
internal sealed class Hops(WorkItem item, Uri url, RobotsGuard? robots, Action<WorkItem>? sending, Action<WorkItem>? answered)
{
    /// <summary>Called before each hop; throws <see cref="FetchFailedException"/> to refuse it.</summary>
    public async ValueTask MayAskAsync(Uri hop, CancellationToken cancel)
    {
        item.IsElsewhere = hop.Host != url.Host || hop.Port != url.Port;
        if (robots is not null)
        {
            var rules = await robots.CheckAsync(hop, cancel);
            if (!item.IsElsewhere)
                item.CrawlDelay = rules.CrawlDelay;
        }

        sending?.Invoke(item);
    }

    /// <summary>Called when the head of a hop's answer has come.</summary>
    public void Answered() => answered?.Invoke(item);
}
