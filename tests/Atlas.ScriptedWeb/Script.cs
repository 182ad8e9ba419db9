using System.Buffers;
using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http.Features;

namespace Atlas.ScriptedWeb;

/// <summary>Does what the path says. A path that says nothing is a small page of its own.</summary>
internal sealed class Script(RequestCounts requests)
{
    private const int SmallPage = 512;

    public async Task AnswerAsync(HttpContext context)
    {
        var host = context.Request.Host.Value ?? "";
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var parts = context.Request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries);
        switch (parts)
        {
            case ["robots.txt"]:
                await SendAsync(context, "text/plain", Encoding.ASCII.GetBytes(Robots(context.Request.Host)));
                return;
            case ["counts"]:
                await SendAsync(context, "application/json", Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture,
                    $$"""{"total":{{requests.Total}},"distinct":{{requests.Distinct}},"max":{{requests.MostOfOnePage}}}""")));
                return;
            case ["counts", "reset"]:
                requests.Reset();
                await SendAsync(context, "text/plain", ReadOnlyMemory<byte>.Empty);
                return;
        }

        var times = HttpMethods.IsGet(context.Request.Method) ? requests.Add(host, target) : 0;
        try
        {
            await PlayAsync(context, parts, target, times);
        }
        catch (Exception error) when (error is FormatException or OverflowException or ArgumentException)
        {
            context.Response.StatusCode = 400;
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client has left an endless page: nobody is there to answer.
        }
    }

    private Task PlayAsync(HttpContext context, string[] parts, string target, int times)
    {
        switch (parts)
        {
            case ["page", var size, ..]:
                return SendHtmlAsync(context, Pages.Number(size), target);
            case ["version", var milliseconds, ..]:
                return SendVersionAsync(context, Pages.Number(milliseconds), target);
            case ["status", var code]:
                context.Response.StatusCode = Pages.Number(code);
                return Task.CompletedTask;
            case ["status", var code, var failures, ..]:
                return FailOrSendAsync(context, Pages.Number(code), times <= Pages.Number(failures), target);
            case ["retry-after", var seconds, var failures, ..]:
                if (times <= Pages.Number(failures))
                    context.Response.Headers.RetryAfter = seconds;
                return FailOrSendAsync(context, 429, times <= Pages.Number(failures), target);
            case ["redirect", var hops, .. var rest]:
                return RedirectAsync(context, Pages.Number(hops) is > 0 and var left
                    ? string.Create(CultureInfo.InvariantCulture, $"/redirect/{left - 1}/{string.Join('/', rest)}")
                    : "/" + string.Join('/', rest));
            case ["loop"]:
                return RedirectAsync(context, "/loop");
            case ["tracked", ..] when !context.Request.QueryString.HasValue:
                return RedirectAsync(context, target + "?utm_source=site");
            case ["to"]:
                return RedirectAsync(context, context.Request.Query["url"].ToString());
            case ["link"]:
                return SendPageAsync(context, Encoding.UTF8.GetBytes($"<a href=\"{context.Request.Query["url"]}\">on</a>"));
            case ["links", var links, var depth, var milliseconds, var name]:
                return Streams.SlowAsync(context, Pages.Number(milliseconds), Pages.Linked(Pages.Number(links), Pages.Number(depth), milliseconds, name));
            case ["sitemap", "index.xml"]:
                return SendAsync(context, "application/xml", Encoding.UTF8.GetBytes(Pages.SitemapIndex($"http://{context.Request.Host.Value}/sitemap/{context.Request.Query["pages"]}/pages.xml.gz")));
            case ["sitemap", var pages, "pages.xml.gz"]:
                return SendAsync(context, "application/x-gzip", Pages.Gzip(Encoding.UTF8.GetBytes(Pages.Sitemap($"http://{context.Request.Host.Value}", Pages.Number(pages)))));
            case ["nofollow", ..]:
                context.Response.Headers["X-Robots-Tag"] = "noindex, nofollow";
                return SendPageAsync(context, "<a href=/not/followed>no</a>"u8.ToArray());
            case ["slow", var milliseconds, var size, ..]:
                return Streams.SlowAsync(context, Pages.Number(milliseconds), Pages.Html(Pages.Number(size), target));
            case ["drip", var milliseconds, ..]:
                return Streams.DripAsync(context, Pages.Number(milliseconds));
            case ["reset", ..]:
                context.Abort();
                return Task.CompletedTask;
            case ["huge", var bytes, ..]:
                return Streams.HugeAsync(context, long.Parse(bytes, NumberStyles.None, CultureInfo.InvariantCulture));
            case ["endless", ..]:
                return Streams.HugeAsync(context, bytes: null);
            case ["gzip", var size, ..]:
                return SendEncodedAsync(context, "gzip", Pages.Gzip(Pages.Html(Pages.Number(size), target)));
            case ["br", var size, ..]:
                return SendEncodedAsync(context, "br", Pages.Brotli(Pages.Html(Pages.Number(size), target)));
            case ["bomb", var megabytes, ..]:
                return SendEncodedAsync(context, "gzip", Pages.Bomb(Pages.Number(megabytes)));
            case ["headers", var count, ..]:
                for (var number = 0; number < Pages.Number(count); number++)
                    context.Response.Headers[string.Create(CultureInfo.InvariantCulture, $"X-Scripted-{number}")] = new string('h', 100);
                return SendHtmlAsync(context, SmallPage, target);
            default:
                return SendHtmlAsync(context, SmallPage, target);
        }
    }

    private static Task FailOrSendAsync(HttpContext context, int status, bool fails, string target)
    {
        if (!fails)
            return SendHtmlAsync(context, SmallPage, target);
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    }

    /// <summary>A page with validators, of one link, that is answered after a while; <see cref="RequestCounts.Change"/> makes it another one.</summary>
    private async Task SendVersionAsync(HttpContext context, int milliseconds, string target)
    {
        if (milliseconds > 0)
            await Task.Delay(milliseconds, context.RequestAborted);
        var (version, status) = requests.VersionOf(context.Request.Host.Value + target);
        if (status != 200)
        {
            context.Response.StatusCode = status;
            if (status is > 300 and < 400)
                context.Response.Headers.Location = "/page/100/moved";
            return;
        }

        var tag = string.Create(CultureInfo.InvariantCulture, $"W/\"v{version}\"");
        context.Response.Headers.ETag = tag;
        context.Response.Headers.LastModified = new DateTimeOffset(2026, 1, 1, 0, 0, version, TimeSpan.Zero).ToString("R", CultureInfo.InvariantCulture);
        var known = context.Request.Headers.IfNoneMatch;
        requests.AddConditional(isConditional: known.Count > 0, isKnown: known == tag);
        if (known == tag)
            context.Response.StatusCode = 304;
        else
            await SendPageAsync(context, Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"<p>{context.Request.Host.Value}{target}</p><a href=\"/page/100/of-{version}\">{version}</a>")));
    }

    private static Task RedirectAsync(HttpContext context, string location)
    {
        context.Response.StatusCode = 302;
        context.Response.Headers.Location = location;
        return Task.CompletedTask;
    }

    private static Task SendEncodedAsync(HttpContext context, string encoding, byte[] body)
    {
        context.Response.Headers.ContentEncoding = encoding;
        return SendPageAsync(context, body);
    }

    private static async Task SendHtmlAsync(HttpContext context, int size, string target)
    {
        var page = ArrayPool<byte>.Shared.Rent(size);
        try
        {
            Pages.WriteHtml(page.AsSpan(0, size), target);
            await SendPageAsync(context, page.AsMemory(0, size));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(page);
        }
    }

    private static Task SendPageAsync(HttpContext context, ReadOnlyMemory<byte> body) => SendAsync(context, "text/html; charset=utf-8", body);

    private static Task SendAsync(HttpContext context, string type, ReadOnlyMemory<byte> body)
    {
        context.Response.ContentType = type;
        context.Response.ContentLength = body.Length;
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : context.Response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }

    /// <summary>Every tenth host, by the last part of its address, keeps robots out of /private, and the one after it names sitemaps: of thirty pages, of its neighbour, and of nothing.</summary>
    private static string Robots(HostString host) =>
        (IPAddress.TryParse(host.Host, out var address) ? address.GetAddressBytes()[^1] % 10 : 0) switch
        {
            7 => "User-agent: *\nDisallow: /private\n",
            8 => $"User-agent: *\nDisallow:\nSitemap: http://{host.Value}/sitemap/30/pages.xml.gz\nSitemap: http://127.0.0.9:{host.Port}/sitemap/30/pages.xml.gz\nSitemap: nothing\n",
            _ => "User-agent: *\nDisallow:\n",
        };
}
