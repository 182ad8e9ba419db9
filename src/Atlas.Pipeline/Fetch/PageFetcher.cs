using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Polly;
using Polly.Retry;

namespace Atlas.Pipeline.Fetch;

/// <summary>Gets one document, following redirects by hand, within one deadline. Throws <see cref="FetchFailedException"/> for everything but an abort.</summary>
internal sealed class PageFetcher
{
    private readonly FetchOptions _options;
    private readonly TimeProvider _time;
    private readonly HttpMessageInvoker _invoker;
    private readonly ArrayPool<byte> _pool;
    private readonly Peers _peers;
    private readonly BodyReader _bodies;
    private readonly ResiliencePipeline<HttpResponseMessage> _send;

    /// <param name="options">Caps and deadlines.</param>
    /// <param name="time">For the deadlines and the documents' times.</param>
    /// <param name="invoker">Stays its owner's.</param>
    /// <param name="pool">For the bodies.</param>
    /// <param name="peers">Know who answers.</param>
    public PageFetcher(FetchOptions options, TimeProvider time, HttpMessageInvoker invoker, ArrayPool<byte> pool, Peers peers)
    {
        _options = options;
        _time = time;
        _invoker = invoker;
        _pool = pool;
        _bodies = new BodyReader(options.IdleTimeout, options.MinRateBytes, time, pool);
        _peers = peers;

        // A pooled connection may have been reset by the host a moment ago; that says nothing about the URL and must not cost an attempt.
        // One that ended in silence is not tried here: the handler has sent it again already, by itself.
        _send = new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions<HttpResponseMessage>
            {
                MaxRetryAttempts = 1,
                Delay = TimeSpan.Zero,
                ShouldHandle = attempt => ValueTask.FromResult(attempt.Outcome.Exception?.GetBaseException() is SocketException error && FailureReasons.Of(error) == Reason.ConnectionReset),
            })
            .AddTimeout(options.ConnectTimeout + options.HeadersTimeout)
            .Build();
    }

    /// <summary>The document at a URL; the caller disposes it.</summary>
    /// <param name="url">Absolute, http or https.</param>
    /// <param name="maxRedirects">Redirects that are followed.</param>
    /// <param name="limit">Bytes of body.</param>
    /// <param name="truncate">Whether a longer body is cut at the limit.</param>
    /// <param name="hops">Asked before each request, and whether to follow a redirect.</param>
    /// <param name="abort">Ends the fetch at once, with an <see cref="OperationCanceledException"/>.</param>
    /// <param name="conditions">What we have of the first URL; null asks without conditions.</param>
    /// <returns>Null when the answer leads to where it is not followed. A document of status 304, without a body, when it is what we have: with what is to be remembered of it.</returns>
    public async Task<FetchedDocument?> GetAsync(Uri url, int maxRedirects, int limit, bool truncate, IHops hops, CancellationToken abort, Conditions? conditions = null)
    {
        // A timer and no pipeline: a page passes through one of these already, for its request, and each costs it three state machines.
        using var deadline = new CancellationTokenSource(_options.Timeout, _time);
        await using var aborting = abort.UnsafeRegister(static deadline => ((CancellationTokenSource)deadline!).Cancel(), deadline);
        try
        {
            return await FollowAsync(url, maxRedirects, limit, truncate, hops, conditions, deadline.Token);
        }
        catch (Exception error) when (abort.IsCancellationRequested)
        {
            throw new OperationCanceledException("The fetch was aborted.", error, abort);
        }
        catch (OperationCanceledException error) when (deadline.IsCancellationRequested)
        {
            throw new FetchFailedException(Reason.Timeout, $"It was not done within {_options.Timeout.TotalSeconds:0.###} s.", error);
        }
        catch (Exception error) when (error is not FetchFailedException)
        {
            throw new FetchFailedException(FailureReasons.Of(error), FailureReasons.DetailOf(error), error);
        }
    }

    private async ValueTask<FetchedDocument?> FollowAsync(Uri url, int maxRedirects, int limit, bool truncate, IHops watch, Conditions? conditions, CancellationToken cancel)
    {
        var started = _time.GetTimestamp();
        HashSet<string>? asked = null;
        for (var hops = 1; ; hops++)
        {
            await watch.MayAskAsync(url, cancel);

            using var response = await _send.ExecuteAsync(static (ask, token) => ask.Fetcher.SendAsync(ask.Url, ask.Conditions, token), (Fetcher: this, Url: url, Conditions: conditions), cancel);
            watch.Answered();
            if (conditions is not null && response.StatusCode == HttpStatusCode.NotModified)
                return NotModified(response, url, conditions);
            if (!Redirects.IsRedirect((int)response.StatusCode) || Redirects.TargetOf(response, url) is not { } next)
                return await ReadAsync(response, url, limit, truncate, started, cancel);

            if (!watch.Follows(url, next))
                return null;
            asked ??= new HashSet<string>(StringComparer.Ordinal) { url.AbsoluteUri };
            if (!asked.Add(next.AbsoluteUri) || hops > maxRedirects)
                throw new FetchFailedException(Reason.TooManyRedirects, $"Redirected {hops} times, last to {next.AbsoluteUri}.");
            (url, conditions) = (next, null);
        }
    }

    private async ValueTask<HttpResponseMessage> SendAsync(Uri url, Conditions? conditions, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionOrLower };
        request.Headers.TryAddWithoutValidation("User-Agent", _options.UserAgent);
        request.Headers.TryAddWithoutValidation("Accept", "*/*");
        request.Headers.TryAddWithoutValidation("Accept-Encoding", "gzip, br");
        conditions?.AddTo(request);
        Peers.Watch(request);
        try
        {
            return await _invoker.SendAsync(request, cancel);
        }
        catch (HttpRequestException error) when (error.HttpRequestError == HttpRequestError.SecureConnectionError && FailureReasons.Of(error) == Reason.TlsFailed)
        {
            // After redirects nobody else knows which host it was.
            var detail = FailureReasons.DetailOf(error);
            throw new FetchFailedException(Reason.TlsFailed, detail.Contains(url.IdnHost, StringComparison.OrdinalIgnoreCase) ? detail : $"{url.Authority}: {detail}", error);
        }
    }

    private FetchedDocument NotModified(HttpResponseMessage response, Uri url, Conditions conditions)
    {
        var (tag, modified) = conditions.Freshen(RawHeader(response.Headers, "ETag"), response.Content.Headers.LastModified);
        return new FetchedDocument { FinalUrl = FinalUrlOf(url), Status = (int)response.StatusCode, ETag = tag, LastModified = modified, FetchedAt = _time.GetUtcNow() };
    }

    private async ValueTask<FetchedDocument> ReadAsync(HttpResponseMessage response, Uri url, int limit, bool truncate, long started, CancellationToken cancel)
    {
        var status = (int)response.StatusCode;

        // A part (206) that was not asked for is no document; 304 answers a question that was not put here.
        if (status is < 200 or > 299 or 206)
            throw new FetchFailedException(Reason.Http(status), $"The host answered {status}.") { RetryAfter = Redirects.RetryAfterOf(response, _time.GetUtcNow()) };

        // Before the body: a connection that ends with it takes its address along.
        var exchange = ExchangeCapture.Of(response, _peers.Of(response));
        var (buffer, length, wireBytes) = await _bodies.ReadAsync(response.Content, limit, truncate, cancel);
        var document = new FetchedDocument
        {
            FinalUrl = FinalUrlOf(url),
            Status = status,
            ContentType = RawHeader(response.Content.Headers, "Content-Type") ?? "",
            RobotsTag = response.Headers.NonValidated.TryGetValues("X-Robots-Tag", out var robots) ? string.Join('\n', robots) : "",
            ETag = RawHeader(response.Headers, "ETag"),
            LastModified = response.Content.Headers.LastModified,
            FetchedAt = _time.GetUtcNow(),
            ReadAt = _time.GetTimestamp(),
            Elapsed = _time.GetElapsedTime(started),
            WireBytes = wireBytes,
            Exchange = exchange,
        };
        document.TakeBody(buffer, length, _pool);
        return document;
    }

    /// <summary>A URL as documents name it: what was asked for, without a fragment.</summary>
    public static string FinalUrlOf(Uri url) => url.GetComponents(UriComponents.HttpRequestUrl, UriFormat.UriEscaped);

    private static string? RawHeader(System.Net.Http.Headers.HttpHeaders headers, string name) =>
        headers.NonValidated.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;
}
