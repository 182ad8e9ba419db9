using System.Globalization;

namespace Atlas.Pipeline.Fetch;

/// <summary>The robots.txt of the hosts asked lately: one fetch in flight per scheme, host and port; bounded in bytes and in hosts, the least recently used forgotten first. Finding one that is known allocates nothing.</summary>
/// <remarks>Any number of threads may ask; one lock covers the table, the order and the sum of bytes.</remarks>
/// <param name="fetch">Asks a host; never throws but when the stage ends.</param>
/// <param name="time">For the age of what is known.</param>
/// <param name="mostBytes">About as much memory is taken at most, whatever the files hold.</param>
/// <param name="mostHosts">Hosts that are remembered.</param>
internal sealed class RobotsCache(Func<Uri, Task<RobotsAnswer>> fetch, TimeProvider time, long mostBytes, int mostHosts = RobotsCache.MostHosts)
{
    /// <summary>What a host costs whose file forbids nothing: its name, its entry and its place in the table.</summary>
    public const int BytesOfHost = 512;

    private const int MostHosts = 100_000;

    // Longer than any name in the DNS.
    private const int MostKey = 300;

    // RFC 9309 lets rules live for a day (2.4). A host that could not be asked is asked again soon, but not by every URL that waits for it.
    private static readonly TimeSpan RulesLive = TimeSpan.FromHours(24);
    private static readonly TimeSpan FailureLives = TimeSpan.FromSeconds(15);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, LinkedListNode<Entry>> _byHost = new(StringComparer.Ordinal);
    private readonly LinkedList<Entry> _recent = new();
    private long _bytes;

    public int Count
    {
        get
        {
            lock (_gate)
                return _byHost.Count;
        }
    }

    /// <summary>About what is held.</summary>
    public long Bytes
    {
        get
        {
            lock (_gate)
                return _bytes;
        }
    }

    /// <summary>What the URL's host says.</summary>
    /// <param name="url">Any URL of the host.</param>
    /// <param name="cancel">Ends the caller's wait, not the fetch that others wait for too.</param>
    public Task<RobotsAnswer> GetAsync(Uri url, CancellationToken cancel)
    {
        Span<char> key = stackalloc char[MostKey];
        key = key.TryWrite(CultureInfo.InvariantCulture, $"{url.Scheme}://{url.Host}:{url.Port}", out var length)
            ? key[..length]
            : $"{url.Scheme}://{url.Host}:{url.Port}".ToCharArray();

        Task<RobotsAnswer> answer;
        lock (_gate)
            answer = (Find_Locked(key) ?? Add_Locked(key.ToString(), url)).Answer;
        return answer.WaitAsync(cancel);
    }

    private Entry? Find_Locked(ReadOnlySpan<char> key)
    {
        if (!_byHost.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(key, out var node))
            return null;
        if (IsStale(node.Value))
        {
            Remove_Locked(node);
            return null;
        }

        _recent.Remove(node);
        _recent.AddFirst(node);
        return node.Value;
    }

    private Entry Add_Locked(string key, Uri url)
    {
        var entry = new Entry(key, time.GetTimestamp());
        _byHost[key] = _recent.AddFirst(entry);
        _bytes += BytesOfHost;
        Trim_Locked(entry);
        entry.Answer = AskAsync(entry, new Uri($"{url.Scheme}://{url.Authority}/robots.txt"));
        return entry;
    }

    private async Task<RobotsAnswer> AskAsync(Entry entry, Uri url)
    {
        var answer = await fetch(url);
        lock (_gate)
        {
            if (_byHost.TryGetValue(entry.Key, out var node) && node.Value == entry)
            {
                entry.Bytes = answer.Bytes;
                _bytes += entry.Bytes;
                Trim_Locked(entry);
            }
        }

        return answer;
    }

    private void Trim_Locked(Entry keep)
    {
        while ((_bytes > mostBytes || _byHost.Count > mostHosts) && _recent.Last is { } oldest)
        {
            // The one just asked for is of use once at least.
            if (oldest.Value == keep)
            {
                if (oldest.Previous is null)
                    return;
                _recent.Remove(oldest);
                _recent.AddFirst(oldest);
            }
            else
            {
                Remove_Locked(oldest);
            }
        }
    }

    private void Remove_Locked(LinkedListNode<Entry> node)
    {
        _recent.Remove(node);
        _byHost.Remove(node.Value.Key);
        _bytes -= BytesOfHost + node.Value.Bytes;
    }

    private bool IsStale(Entry entry)
    {
        if (!entry.Answer.IsCompleted)
            return false;
        if (entry.Answer is { IsCompletedSuccessfully: true, Result.Failure.Class: ErrorClass.Local })
            return true;
        var lives = entry.Answer.IsCompletedSuccessfully && entry.Answer.Result.Rules is not null ? RulesLive : FailureLives;
        return time.GetElapsedTime(entry.AskedAt) >= lives;
    }

    private sealed class Entry(string key, long askedAt)
    {
        public string Key { get; } = key;

        public long AskedAt { get; } = askedAt;

        public Task<RobotsAnswer> Answer { get; set; } = null!;

        /// <summary>Of the answer, once it is there.</summary>
        public int Bytes { get; set; }
    }
}
