using System.Text;
using System.Text.RegularExpressions;
using Atlas.Pipeline.Discover;
using Atlas.Urls;

namespace Atlas.Pipeline.Tests.Discover;

public sealed class PageLinksTests
{
    [Fact]
    public void Gives_absolute_lines_once_each_and_not_the_page_itself()
    {
        var lines = LinesOf("<base href='/docs/'><a href=a?x=1&amp;y=2#p><a href='/docs/a?x=1&y=2'><a href='http://S.test:80/docs/a?x=1&#38;y=2'><a href='../page'><a href=#top><a href='mailto:x@y'><a href='b'>");

        Assert.Equal("http://s.test/docs/a?x=1&y=2 http://s.test/docs/b", lines);
    }

    [Theory]
    [InlineData("host", "http://s.test/1")]
    [InlineData("domain", "http://s.test/1 http://www.s.test/2 http://s.test:8080/3")]
    [InlineData("prefix", "http://s.test/1")]
    [InlineData("any", "http://s.test/1 http://www.s.test/2 http://s.test:8080/3 http://other.test/4")]
    public void Follows_no_further_than_its_scope(string scope, string lines)
    {
        var options = new DiscoverOptions { Scope = Enum.Parse<DiscoverScope>(scope, ignoreCase: true), Prefixes = ["HTTP://S.test:80"] };

        Assert.Equal(lines, LinesOf("<a href=/1><a href=//www.s.test/2><a href=//s.test:8080/3><a href=//other.test/4>", options));
    }

    [Fact]
    public void The_sitemaps_that_robots_txt_names_are_links_of_the_first_document_and_no_page_forbids_them()
    {
        var sitemaps = new SitemapLines(["http://s.test/1.xml", "/2.xml", "http://other.test/3.xml", "nonsense:", "http://s.test/1.xml"]);
        var (first, second) = (Item(), Item());
        (first.Sitemaps, second.Sitemaps) = (sitemaps, sitemaps);
        using var page = Document("<a href=/a><a href=/b>"u8.ToArray(), robotsTag: "nofollow");
        var links = new PageLinks(new DiscoverOptions { MaxLinksPerPage = 1 });

        Assert.Equal("http://s.test/1.xml\nhttp://s.test/2.xml\n", Encoding.UTF8.GetString(links.Find(first, page)!.Lines));
        Assert.Null(links.Find(second, page));
    }

    [Fact]
    public void Sitemaps_take_no_room_from_the_links_of_the_page()
    {
        var item = Item();
        item.Sitemaps = new SitemapLines(["/1.xml", "/2.xml"]);
        using var page = Document("<a href=/a><a href=/b>"u8.ToArray());

        Assert.Equal("http://s.test/1.xml\nhttp://s.test/2.xml\nhttp://s.test/a\n", Encoding.UTF8.GetString(new PageLinks(new DiscoverOptions { MaxLinksPerPage = 1 }).Find(item, page)!.Lines));
    }

    [Theory]
    [InlineData("<a rel=nofollow href=/1><a href=/2>", "", "http://s.test/2")]
    [InlineData("<meta name=robots content=nofollow><a href=/1>", "", "")]
    [InlineData("<a href=/1>", "noindex, nofollow", "")]
    [InlineData("<a href=/1>", "otherbot: nofollow", "http://s.test/1")]
    [InlineData("<a href=/1>", "unavailable_after: 25 Jun 2030 15:00:00 GMT\nnone", "")]
    public void Honours_nofollow_unless_told_otherwise(string html, string header, string lines)
    {
        Assert.Equal(lines, LinesOf(html, robotsTag: header));
        Assert.Contains("http://s.test/1", LinesOf(html, new DiscoverOptions { FollowNofollow = true }, robotsTag: header), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/a/b/a/b/a/b/", false)]
    [InlineData("/a/b/a/b/", true)]
    [InlineData("/a/a/a/x", false)]
    [InlineData("/a/a/x/a", true)]
    [InlineData("/x/a/b/c/a/b/c/a/b/c/y", false)]
    [InlineData("/x/a/b/c/a/b/c/a/b/y/", true)]
    [InlineData("/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18/19/20", true)]
    [InlineData("/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18/19/20/21", false)]
    public void Walks_into_no_trap(string path, bool isFollowed) => Assert.Equal(isFollowed ? "http://s.test" + path : "", LinesOf($"<a href={path}>"));

    [Fact]
    public void A_path_of_any_number_of_segments_is_one_trap() => Assert.Equal("", LinesOf($"<a href='{string.Concat(Enumerable.Repeat("/x", 900))}'>"));

    [Fact]
    public void Follows_what_include_names_and_exclude_does_not()
    {
        var options = new DiscoverOptions { Include = [Pattern("/docs/")], Exclude = [Pattern(@"\.pdf$"), Pattern(@"[?&]print=")] };

        Assert.Equal("http://s.test/docs/a", LinesOf("<a href=/docs/a><a href=/docs/a.pdf><a href='/docs/b?print=1'><a href=/other>", options));
    }

    [Fact]
    public void Keeps_to_its_limits()
    {
        var many = string.Concat(Enumerable.Range(0, 20).Select(i => $"<a href=/{i}>"));

        Assert.Equal("http://s.test/0 http://s.test/1", LinesOf(many, new DiscoverOptions { MaxLinksPerPage = 2 }));
        Assert.Equal("http://s.test/2", LinesOf($"<a href=/{new string('x', 2_048)}><a href='{new string(' ', 100_000)}/1'><a href=/2>"));
    }

    [Fact]
    public void Counts_what_becomes_of_each_link()
    {
        var page = new PageLinks(new DiscoverOptions());

        page.Find(Item(), Document("<a href=/1><a href=/1><a href=#><a rel=nofollow href=/2><a href=//o.test/><a href=/a/a/a/b>"u8.ToArray()));

        Assert.Equal([1, 1, 1, 1, 1, 0, 1, 0, 0], page.Fates.ToArray());
    }

    /// <summary>As browsers ask for them: UTF-8 in the path, the page's own encoding in the query.</summary>
    [Fact]
    public void Reads_other_encodings_than_UTF8()
    {
        byte[] western = [.. "<a href=/\u00e9?q=\u00e9>".Select(letter => (byte)letter)];
        var wide = new byte[] { 0xFF, 0xFE }.Concat(Encoding.Unicode.GetBytes("<a href=/é>")).ToArray();

        Assert.Equal("http://s.test/é?q=%E9", LinesOf(western, type: "text/html; charset=iso-8859-1"));
        Assert.Equal("http://s.test/é?q=%E9", LinesOf(western));
        Assert.Equal("http://s.test/é?q=é", LinesOf(Encoding.UTF8.GetBytes("<a href=/é?q=é>")));
        Assert.Equal("http://s.test/é?q=é", LinesOf("<a href=/&eacute;?q=&#233;>"u8.ToArray()));
        Assert.Equal("http://s.test/é", LinesOf(wide));
    }

    [Theory]
    [InlineData("text/html", "<a href=/1>", "http://s.test/1")]
    [InlineData("application/xhtml+xml; charset=utf-8", "<?xml version='1.0'?><html><a href='/1'/></html>", "http://s.test/1")]
    [InlineData("text/html", "<?xml version='1.0'?><!DOCTYPE html PUBLIC 'x' 'y'><html><a href='/1'>&nbsp;</a></html>", "http://s.test/1")]
    [InlineData("text/html", "<?xml version='1.0'?> broken <a href='/1'>", "http://s.test/1")]
    [InlineData("text/html", "<rss><channel><link>/1</link></channel></rss>", "http://s.test/1")]
    [InlineData("application/rss+xml", "<rss><channel><link>/1</link></channel></rss>", "http://s.test/1")]
    [InlineData("application/xml", "<urlset><url><loc>http://s.test/1</loc></url></urlset>", "http://s.test/1")]
    [InlineData("", " <!DOCTYPE html><a href=/1>", "http://s.test/1")]
    [InlineData("application/octet-stream", "<urlset><url><loc>http://s.test/1</loc></url></urlset>", "http://s.test/1")]
    [InlineData("", "<a href=/1>", "")]
    [InlineData("text/plain", "<html><a href=/1>", "")]
    [InlineData("application/json", "<a href=/1>", "")]
    [InlineData("image/svg+xml", "<svg><a href='/1'/></svg>", "")]
    public void Reads_what_may_hold_links(string type, string document, string lines) => Assert.Equal(lines, LinesOf(Encoding.UTF8.GetBytes(document), type: type));

    [Fact]
    public void A_sitemap_may_have_more_links_than_a_page()
    {
        var xml = "<urlset>" + string.Concat(Enumerable.Range(0, 30).Select(i => $"<url><loc>http://s.test/{i}</loc></url>")) + "</urlset>";

        Assert.Equal(30, LinesOf(Encoding.UTF8.GetBytes(xml), new DiscoverOptions { MaxLinksPerPage = 2 }, "text/xml").Split(' ').Length);
    }

    [Fact]
    public void A_feed_has_no_more_links_than_a_page()
    {
        var xml = "<rss><channel>" + string.Concat(Enumerable.Range(0, 30).Select(i => $"<item><link>http://s.test/{i}</link></item>")) + "</channel></rss>";

        Assert.Equal(2, LinesOf(Encoding.UTF8.GetBytes(xml), new DiscoverOptions { MaxLinksPerPage = 2 }, "text/xml").Split(' ').Length);
    }

    private static string LinesOf(string html, DiscoverOptions? options = null, string robotsTag = "", string finalUrl = "http://s.test/page", byte depth = 0) =>
        LinesOf(Encoding.UTF8.GetBytes(html), options, "text/html", robotsTag, finalUrl, depth);

    private static string LinesOf(byte[] body, DiscoverOptions? options = null, string type = "text/html", string robotsTag = "", string finalUrl = "http://s.test/page", byte depth = 0)
    {
        using var document = Document(body, type, robotsTag, finalUrl);
        var found = new PageLinks(options ?? new DiscoverOptions()).Find(Item(depth), document);
        Assert.Equal(found is null ? 0 : depth + 1, found?.Depth ?? 0);
        return found is null ? "" : Encoding.UTF8.GetString(found.Lines).TrimEnd('\n').Replace('\n', ' ');
    }

    private static WorkItem Item(byte depth = 0) => new() { Sequence = 1, ContentId = ContentId.Of("x"u8), Url = "http://s.test/page", HostKey = "s.test", Priority = PriorityClass.Normal, Depth = depth };

    private static FetchedDocument Document(byte[] body, string type = "text/html", string robotsTag = "", string finalUrl = "http://s.test/page")
    {
        var document = new FetchedDocument { FinalUrl = finalUrl, Status = 200, ContentType = type, RobotsTag = robotsTag, FetchedAt = DateTimeOffset.UnixEpoch };
        var rented = System.Buffers.ArrayPool<byte>.Shared.Rent(Math.Max(1, body.Length));
        body.CopyTo(rented, 0);
        document.TakeBody(rented, body.Length);
        return document;
    }

    private static Regex Pattern(string text) => new(text, RegexOptions.NonBacktracking);
}
