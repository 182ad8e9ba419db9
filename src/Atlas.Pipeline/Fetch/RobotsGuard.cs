namespace Atlas.Pipeline.Fetch;

/// <summary>Asks hosts for their robots.txt and holds us to it. Any number of calls may run at once.</summary>
internal sealed class RobotsGuard
{
    private const int FirstHttpStatus = 1000;

    private readonly Func<Uri, IHops, Task<FetchedDocument>> _get;
    private readonly string _productToken;
    private readonly RobotsCache _cache;

    /// <param name="get">Gets a robots.txt, cut at <see cref="RobotsRules.MaxBytes"/>, following five redirects at least (RFC 9309, 2.3.1.2), as the hops it is given allow. Throws <see cref="FetchFailedException"/>, or cancels when the stage ends.</param>
    /// <param name="productToken">Our name, without version.</param>
    /// <param name="time">For the age of what is known.</param>
    /// <param name="cacheBytes">Memory for what is known.</param>
    public RobotsGuard(Func<Uri, IHops, Task<FetchedDocument>> get, string productToken, TimeProvider time, long cacheBytes)
    {
        _get = get;
        _productToken = productToken;
        _cache = new RobotsCache(AskAsync, time, cacheBytes);
    }

    /// <summary>The rules of the URL's host, which allow it; else throws <see cref="FetchFailedException"/>.</summary>
    /// <remarks>
    /// A host that does not say its rules forbids everything for now (2.3.1.4): its URLs wait, however long it takes. The RFC would let us take it for consent after some thirty days; we do not. Before
    /// that a URL is given up.
    /// </remarks>
    public async ValueTask<RobotsRules> CheckAsync(Uri url, CancellationToken cancel)
    {
        var answer = await _cache.GetAsync(url, cancel);
        if (answer.Rules is not { } rules)
            throw new FetchFailedException(answer.Failure, answer.Detail) { RetryAfter = answer.RetryAfter };
        if (!rules.Allows(url))
            throw new FetchFailedException(Reason.RobotsDisallowed, $"robots.txt of {url.Authority} disallows it.");
        return rules;
    }

    private async Task<RobotsAnswer> AskAsync(Uri url)
    {
        // The cache starts this under its lock, which must not be held while a request is built.
        await Task.Yield();
        var hops = new RobotsHops();
        try
        {
            using var file = await _get(url, hops);
            return RobotsAnswer.Of(RobotsParser.Parse(file.Body, _productToken));
        }
        catch (FetchFailedException failure) when (SaysThereIsNone(failure.Reason))
        {
            return RobotsAnswer.Of(RobotsRules.AllowAll);
        }
        catch (FetchFailedException failure)
        {
            return new RobotsAnswer(null, IsHostsOwn(failure.Reason, hops.AreElsewhere) ? Reason.RobotsUnavailable : failure.Reason, "robots.txt: " + failure.Message, failure.RetryAfter);
        }
    }

    // 2.3.1.3: a file that does not exist, or hides behind too many redirects, forbids nothing. 408, 425 and 429 mean "not now" instead.
    private static bool SaysThereIsNone(Reason reason) =>
        reason == Reason.TooManyRedirects || reason == Reason.RedirectRefused
        || (reason.Code is >= FirstHttpStatus + 300 and < FirstHttpStatus + 500 && reason.Class == ErrorClass.Permanent) || reason == Reason.Http(206);

    // The host was reached, and gave no file or sent us to where there is none. What kept us from reaching it, its wish to be asked less, and what this machine lacks have reasons of their own.
    private static bool IsHostsOwn(Reason reason, bool isElsewhere) =>
        reason.Class is not (ErrorClass.RateLimited or ErrorClass.Local)
        && (isElsewhere || reason.Code >= FirstHttpStatus
            || reason == Reason.ProtocolError || reason == Reason.BadEncoding || reason == Reason.DecompressionBomb || reason == Reason.HeadersTooLarge);
}
