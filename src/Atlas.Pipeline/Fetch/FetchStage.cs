using System.Buffers;
using System.Net;
using System.Security.Cryptography;

namespace Atlas.Pipeline.Fetch;

/// <summary>Fetches the document of one work item and turns every failure into a verdict. Any number of calls may run at once.</summary>
internal sealed class FetchStage : IWorkStage, IDisposable
{
    private const int RobotsRedirects = 5;

    private readonly FetchOptions _options;
    private readonly UnexpectedErrors _unexpected;
    private readonly Resolver _resolver;
    private readonly HttpMessageInvoker _invoker;
    private readonly PageFetcher _pages;
    private readonly RobotsGuard? _robots;
    private readonly CancellationTokenSource _ending = new();

    /// <param name="options">Caps, deadlines and whom we may ask.</param>
    /// <param name="seams">The clock, and where the program itself listens.</param>
    /// <param name="handler">Sends the requests instead of the network; nothing is guarded then. It becomes the stage's own.</param>
    /// <param name="resolve">From a host name to its addresses; the system's resolver unless given.</param>
    /// <param name="pool">For the bodies; one of its own unless given.</param>
    /// <param name="unexpected">Is told of errors that have no reason of their own.</param>
    public FetchStage(
        FetchOptions options,
        Seams seams,
        HttpMessageHandler? handler = null,
        Func<string, CancellationToken, Task<IPAddress[]>>? resolve = null,
        ArrayPool<byte>? pool = null,
        UnexpectedErrors? unexpected = null)
    {
        _options = options;
        var machine = new OwnMachine(seams.Time, OwnMachine.HasRoute, () => DnsServers.AnswerAsync(DnsServers.Known(), seams.Time));
        _unexpected = unexpected ?? new UnexpectedErrors(seams);
        _resolver = new Resolver(resolve ?? Resolver.AskSystemAsync, machine, seams.Time);
        var peers = new Peers();
        _invoker = new HttpMessageInvoker(handler ?? Transport.Create(options, seams, _resolver, machine, peers), disposeHandler: true);
        _pages = new PageFetcher(options, seams.Time, _invoker, pool ?? new BodyPool(2 * options.Concurrency), peers);
        _robots = options.Robots ? new RobotsGuard(GetRobotsAsync, options.ProductToken, seams.Time, options.RobotsCacheBytes) : null;
    }

    /// <summary>Called when an item's request is about to be sent, with nothing to wait for any more.</summary>
    public Action<WorkItem>? Sending { get; init; }

    /// <summary>Called when the head of the answer has come.</summary>
    public Action<WorkItem>? Answered { get; init; }

    public async ValueTask<Verdict> ProcessAsync(WorkItem item, CancellationToken abort)
    {
        if (RequestUrl.Of(item.Asks ?? item.Url, item.HostKey) is not { Host.Length: > 0 } url)
            return Verdict.DeadLetter(item, Reason.Malformed, "Not an absolute URL with a host.");
        if (url.Scheme is not ("http" or "https"))
            return Verdict.DeadLetter(item, Reason.SchemeUnsupported, $"The scheme '{url.Scheme}' is not fetched.");

        try
        {
            var hops = new PageHops(item, _robots, Sending, Answered);
            item.Document = await _pages.GetAsync(url, maxRedirects: 0, _options.MaxBodyBytes, truncate: false, hops, abort, Conditions.Of(item.Again, url));
            if (item.Document is null)
                return Verdict.Redirected(item);
            return item.Again is { } known && IsConfirmed(item, known, item.Document) ? Verdict.Confirmed(item) : Verdict.Forward(item);
        }
        catch (FetchFailedException failure)
        {
            if (failure is { Reason: var reason, InnerException: { } error } && reason == Reason.Unexpected)
                _unexpected.Note(error);
            return Verdict.Failed(item, failure.Reason, failure.Message, failure.RetryAfter);
        }
    }

    public void Dispose()
    {
        _ending.Cancel();
        _invoker.Dispose();
        _resolver.Dispose();
        _ending.Dispose();
    }

    /// <summary>Whether what came is what we have. The same bytes from another URL are recorded anew, so that validators and headers stay with the URL that gave them.</summary>
    private static bool IsConfirmed(WorkItem item, KnownDocument known, FetchedDocument document)
    {
        var byStatus = document.Status == (int)HttpStatusCode.NotModified;
        if (!byStatus && (document.FinalUrl != known.FinalUrl || !SHA256.HashData(document.Body).AsSpan().SequenceEqual(known.BodySha256)))
            return false;
        item.Confirmed = new Confirmation(document.FetchedAt, byStatus, document.ETag, document.LastModified, document.WireBytes);
        item.Document = null;
        document.Dispose();
        return true;
    }

    private async Task<FetchedDocument> GetRobotsAsync(Uri url, IHops hops) =>
        (await _pages.GetAsync(url, RobotsRedirects, RobotsRules.MaxBytes, truncate: true, hops, _ending.Token))!;
}
