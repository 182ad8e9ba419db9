using System.Net;
using System.Security.Cryptography;
using System.Text;
using Atlas.Pipeline.Fetch;

namespace Atlas.Pipeline.Tests.Fetch;

/// <summary>Documents that are asked for again: what the host is told that we have, and what its answer is taken for.</summary>
public sealed class ConditionalFetchTests
{
    private const string Page = "http://a.test/page?q=1";

    private static readonly DateTimeOffset Modified = new(2026, 9, 1, 10, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("\"e1\"", "\"e1\"")]
    [InlineData("W/\"e1\"", "W/\"e1\"")]
    [InlineData("\"\"", "\"\"")]
    [InlineData("\"a!#~,x*\"", "\"a!#~,x*\"")]
    [InlineData("e1", null)]
    [InlineData("*", null)]
    [InlineData("\"e1", null)]
    [InlineData("\"a\", \"b\"", null)]
    [InlineData("w/\"e1\"", null)]
    [InlineData("\"\u00e4\"", null)]
    [InlineData(null, null)]
    public async Task A_tag_is_sent_as_it_came_if_it_is_one(string? tag, string? sent)
    {
        var (_, asked) = await AskAsync(Known(tag, Modified), new HttpResponseMessage(HttpStatusCode.NotModified));

        Assert.Equal((sent, "Tue, 01 Sep 2026 10:00:00 GMT"), (Header(asked, "If-None-Match"), Header(asked, "If-Modified-Since")));
    }

    [Fact]
    public async Task A_tag_that_is_too_long_is_not_sent()
    {
        var (_, asked) = await AskAsync(Known($"\"{new string('x', 1_023)}\"", null), new HttpResponseMessage(HttpStatusCode.OK));

        Assert.Null(Header(asked, "If-None-Match"));
    }

    [Fact]
    public async Task No_date_is_sent_where_none_is_known()
    {
        var (_, asked) = await AskAsync(Known("\"e1\"", null), new HttpResponseMessage(HttpStatusCode.NotModified));

        Assert.Equal(("\"e1\"", null), (Header(asked, "If-None-Match"), Header(asked, "If-Modified-Since")));
    }

    [Theory]
    [InlineData("http://a.test/page")]
    [InlineData("https://a.test/page?q=1")]
    [InlineData("http://b.test/page?q=1")]
    public async Task What_another_URL_has_answered_with_is_not_held_against_this_one(string finalUrl)
    {
        var (verdict, asked) = await AskAsync(Known("\"e1\"", Modified) with { FinalUrl = finalUrl }, new HttpResponseMessage(HttpStatusCode.NotModified));

        Assert.Equal((null, null), (Header(asked, "If-None-Match"), Header(asked, "If-Modified-Since")));
        Assert.Equal((Fate.DeadLetter, Reason.Http(304)), (verdict.Fate, verdict.Reason));
    }

    [Fact]
    public async Task Where_a_redirect_has_led_is_asked_under_conditions_if_the_document_came_from_there()
    {
        const string There = "https://a.test/page?q=1";

        var (verdict, asked) = await AskAsync(Known("\"e1\"", Modified) with { FinalUrl = There }, new HttpResponseMessage(HttpStatusCode.NotModified), asks: There);

        Assert.Equal((There, "\"e1\"", Fate.Confirmed), (asked.RequestUri!.AbsoluteUri, Header(asked, "If-None-Match"), verdict.Fate));
    }

    [Fact]
    public async Task A_URL_that_is_fetched_for_the_first_time_is_asked_for_without_conditions()
    {
        var (verdict, asked) = await AskAsync(null, Ok("hello"));

        Assert.Equal((null, null, Fate.Forward), (Header(asked, "If-None-Match"), Header(asked, "If-Modified-Since"), verdict.Fate));
        verdict.Item.Document!.Dispose();
    }

    /// <summary>RFC 9111, 4.3.4: what the answer does not carry stays, and a tag of something else says nothing of ours.</summary>
    [Theory]
    [InlineData("\"e1\"", null, null, "\"e1\"", "2026-09-01")]
    [InlineData("\"e1\"", "\"e1\"", null, "\"e1\"", "2026-09-01")]
    [InlineData("\"e1\"", "W/\"e1\"", "2026-10-01", "W/\"e1\"", "2026-10-01")]
    [InlineData("W/\"e1\"", "\"e1\"", null, "\"e1\"", "2026-09-01")]
    [InlineData("\"e1\"", null, "2026-10-01", "\"e1\"", "2026-10-01")]
    [InlineData("\"e1\"", "\"e2\"", "2026-10-01", null, null)]
    [InlineData(null, "\"e2\"", "2026-10-01", null, "2026-09-01")]
    public async Task Not_modified_renews_what_it_carries(string? known, string? tag, string? modified, string? kept, string? keptModified)
    {
        var answer = new HttpResponseMessage(HttpStatusCode.NotModified) { Content = new ByteArrayContent([]) };
        if (tag is not null)
            answer.Headers.TryAddWithoutValidation("ETag", tag);
        answer.Content.Headers.LastModified = Day(modified);

        var (verdict, _) = await AskAsync(Known(known, Modified), answer);

        Assert.Equal((Fate.Confirmed, null), (verdict.Fate, verdict.Item.Document));
        var confirmed = verdict.Item.Confirmed!;
        Assert.Equal((true, kept, Day(keptModified), 0L), (confirmed.ByStatus, confirmed.ETag, confirmed.LastModified, confirmed.WireBytes));
    }

    [Fact]
    public async Task The_same_body_is_no_news_whatever_it_was_sent_with()
    {
        var answer = Ok("hello");
        answer.Headers.TryAddWithoutValidation("ETag", "\"e2\"");

        var (verdict, _) = await AskAsync(Known("\"e1\"", Modified, "hello"), answer);

        Assert.Equal((Fate.Confirmed, null), (verdict.Fate, verdict.Item.Document));
        Assert.Equal((false, "\"e2\"", null, 5L), (verdict.Item.Confirmed!.ByStatus, verdict.Item.Confirmed.ETag, verdict.Item.Confirmed.LastModified, verdict.Item.Confirmed.WireBytes));
    }

    [Theory]
    [InlineData("other", Page)]
    [InlineData("hello", "https://a.test/page?q=1")]
    public async Task Another_body_or_another_URLs_goes_on_as_a_document(string body, string finalUrl)
    {
        var (verdict, _) = await AskAsync(Known("\"e1\"", Modified, "hello") with { FinalUrl = finalUrl }, Ok(body));

        Assert.Equal(Fate.Forward, verdict.Fate);
        using var document = verdict.Item.Document!;
        Assert.Equal(body, Encoding.UTF8.GetString(document.Body));
    }

    [Fact]
    public async Task A_redirect_and_a_failure_are_what_they_are_for_any_URL()
    {
        var redirect = new HttpResponseMessage(HttpStatusCode.Found);
        redirect.Headers.Location = new Uri("http://b.test/");

        var (redirected, _) = await AskAsync(Known("\"e1\"", Modified), redirect);
        var (gone, _) = await AskAsync(Known("\"e1\"", Modified), new HttpResponseMessage(HttpStatusCode.Gone));

        Assert.Equal((Fate.Redirect, "http://b.test/"), (redirected.Fate, redirected.Item.RedirectsTo!.AbsoluteUri));
        Assert.Equal((Fate.DeadLetter, Reason.Http(410)), (gone.Fate, gone.Reason));
    }

    private static KnownDocument Known(string? tag, DateTimeOffset? modified, string body = "") =>
        new(1, Page, tag, modified, SHA256.HashData(Encoding.UTF8.GetBytes(body)));

    private static HttpResponseMessage Ok(string body) => new(HttpStatusCode.OK) { Content = new StringContent(body) };

    private static DateTimeOffset? Day(string? text) => text is null ? null : DateOnly.Parse(text, System.Globalization.CultureInfo.InvariantCulture).ToDateTime(new TimeOnly(10, 0), DateTimeKind.Utc);

    private static string? Header(HttpRequestMessage request, string name) => request.Headers.NonValidated.TryGetValues(name, out var values) ? string.Join(" | ", values) : null;

    private static async Task<(Verdict Verdict, HttpRequestMessage Asked)> AskAsync(KnownDocument? known, HttpResponseMessage answer, string? asks = null)
    {
        using var host = new OneAnswer(answer);
        using var stage = new FetchStage(FetchBed.Options(80), new Seams(), host);
        var item = new WorkItem { Sequence = 1, ContentId = 1, Url = Page + "#part", HostKey = "a.test", Priority = default, Again = known, Asks = asks };
        return (await stage.ProcessAsync(item, TestContext.Current.CancellationToken), host.Asked!);
    }

    private sealed class OneAnswer(HttpResponseMessage answer) : HttpMessageHandler
    {
        public HttpRequestMessage? Asked { get; private set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Asked = request;
            return Task.FromResult(answer);
        }
    }
}
