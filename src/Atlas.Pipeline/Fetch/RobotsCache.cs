namespace Atlas.Pipeline.Fetch;

/// <summary>The robots.txt of the hosts asked lately: one fetch in flight per scheme and authority, the least recently used forgotten first.</summary>
/// <param name="fetch">Asks a host; never throws but when the stage ends.</param>
/// <param name="time">For the age of what is known.</param>
/// <param name="capacity">Hosts that are remembered.</param>
internal sealed class RobotsCache(Func<Uri, Task<RobotsAnswer>> fetch, TimeProvider time, int capacity = 10_000)
{
    // RFC 9309 lets rules live for a day. A host that could not be asked is asked again soon, but not by every URL that waits for it.
    private static readonly TimeSpan RulesLive = TimeSpan.FromHours(24);
    private static readonly TimeSpan FailureLives = TimeSpan.FromSeconds(15);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, LinkedListNode<Entry>> _byHost = new(StringComparer.Ordinal);
    private readonly LinkedList<Entry> _recent = new();

    public int Count
    {
        get
        {
            lock (_gate)
                return _byHost.Count;
        }
    }

    /// <summary>What the URL's host says.</summary>
    /// <param name="url">Any URL of the host.</param>
    /// <param name="cancel">Ends the caller's wait, not the fetch that others wait for too.</param>
    public Task<RobotsAnswer> GetAsync(Uri url, CancellationToken cancel)
    {
        var host = $"{url.Scheme}://{url.Authority}";
        Task<RobotsAnswer> answer;
        lock (_gate)
        {
            var entry = Find(host) ?? Add(host);
            answer = entry.Answer ??= fetch(new Uri(host + "/robots.txt"));
        }

        return answer.WaitAsync(cancel);
    }

    private Entry? Find(string host)
    {
        if (!_byHost.TryGetValue(host, out var node))
            return null;
        _recent.Remove(node);
        if (IsStale(node.Value))
        {
            _byHost.Remove(host);
            return null;
        }

        _recent.AddFirst(node);
        return node.Value;
    }

    private Entry Add(string host)
    {
        while (_byHost.Count >= capacity && _recent.Last is { } oldest)
        {
            _recent.RemoveLast();
            _byHost.Remove(oldest.Value.Host);
        }

        var entry = new Entry(host, time.GetTimestamp());
        _byHost[host] = _recent.AddFirst(entry);
        return entry;
    }

    private bool IsStale(Entry entry)
    {
        if (entry.Answer is not { IsCompleted: true } answer)
            return false;
        if (answer is { IsCompletedSuccessfully: true, Result.Failure.Class: ErrorClass.Local })
            return true;
        var lives = answer.IsCompletedSuccessfully && answer.Result.Rules is not null ? RulesLive : FailureLives;
        return time.GetElapsedTime(entry.AskedAt) >= lives;
    }

    private sealed class Entry(string host, long askedAt)
    {
        public string Host { get; } = host;

        public long AskedAt { get; } = askedAt;

        public Task<RobotsAnswer>? Answer { get; set; }
    }
}
