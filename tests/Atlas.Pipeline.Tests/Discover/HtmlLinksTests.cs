using System.Diagnostics;
using System.Text;
using Atlas.Pipeline.Discover;
using FsCheck;
using FsCheck.Xunit;

namespace Atlas.Pipeline.Tests.Discover;

public sealed class HtmlLinksTests
{
    [Theory]
    [InlineData("<a href=\"x\">", "x")]
    [InlineData("<A HREF='x' >", "x")]
    [InlineData("<a href=x>", "x")]
    [InlineData("<a\nhref\n=\n x\n>", "x")]
    [InlineData("<a class=b/href=x>", "")]
    [InlineData("<a class='b'href=x>", "x")]
    [InlineData("<a / href=x/>", "x/")]
    [InlineData("<a =href=y href=x>", "x")]
    [InlineData("<a title='>' href=x>", "x")]
    [InlineData("<a href=x href=y>", "x")]
    [InlineData("<a href>", "<empty>")]
    [InlineData("<a href=>", "<empty>")]
    [InlineData("<area href=x><frame src=y><iframe src=z></iframe>", "x y z")]
    [InlineData("<ax href=x><img src=y><p href=z>", "")]
    [InlineData("< a href=x>", "")]
    [InlineData("</a href=x>", "")]
    [InlineData("a<<a href=x>", "x")]
    [InlineData("<a <a href=x>", "x")]
    public void Reads_attributes_as_the_standard_does(string html, string links) => Assert.Equal(links, LinksIn(html));

    [Theory]
    [InlineData("<!-- <a href=n> --><a href=x>", "x")]
    [InlineData("<!--><a href=x>", "x")]
    [InlineData("<!---><a href=x>", "x")]
    [InlineData("<!-- a --!><a href=x>", "x")]
    [InlineData("<!-- a ----><a href=x>", "x")]
    [InlineData("<!-- <!-- --><a href=x>", "x")]
    [InlineData("<!-- <!--><a href=x>", "x")]
    [InlineData("<!-- - -><a href=n>", "")]
    [InlineData("<!doctype html PUBLIC \"a>\"><a href=x>", "x")]
    [InlineData("<?php echo '<a href=n>' ?><a href=x>", "x")]
    [InlineData("</ ><a href=x>", "x")]
    [InlineData("<![CDATA[ <a href=n> ]]><a href=x>", "x")]
    [InlineData("<![CDATA[ > <a href=x> ]]>", "x")]
    [InlineData("<svg><![CDATA[ > <a href=n> ]]><a href=x></svg>", "x")]
    public void Passes_over_what_is_no_markup(string html, string links) => Assert.Equal(links, LinksIn(html));

    [Theory]
    [InlineData("<script>'<a href=n>'</script><a href=x>", "x")]
    [InlineData("<script>'</scripts>'<a href=n></SCRIPT ><a href=x>", "x")]
    [InlineData("<script><!-- <script> </script> <a href=n> --></script><a href=x>", "x")]
    [InlineData("<script><!-- </script><a href=x>", "x")]
    [InlineData("<script><!-- <script> --></script><a href=x>", "x")]
    [InlineData("<script><!--><script></script><a href=x>", "x")]
    [InlineData("<script>a", "")]
    [InlineData("<style><a href=n></style><a href=x>", "x")]
    [InlineData("<title><a href=n></title><a href=x>", "x")]
    [InlineData("<textarea><a href=n></text></textarea/><a href=x>", "x")]
    [InlineData("<iframe src=y><a href=n></iframe><a href=x>", "y x")]
    [InlineData("<noembed><a href=n></noembed><noframes><a href=n></noframes><xmp><a href=n></xmp><a href=x>", "x")]
    [InlineData("<noscript><a href=x></noscript>", "x")]
    [InlineData("<plaintext><a href=n></plaintext><a href=n>", "")]
    [InlineData("<svg><title><a href=x></title><style><a href=y></style></svg><style><a href=n></style>", "x y")]
    [InlineData("<svg><foreignObject><style><a href=n></style></foreignObject><style><a href=x></style></svg>", "x")]
    [InlineData("<svg><p><style><a href=n></style><a href=x>", "x")]
    [InlineData("<svg/><style><a href=n></style><a href=x>", "x")]
    public void Sees_no_tag_inside_of_raw_text(string html, string links) => Assert.Equal(links, LinksIn(html));

    [Theory]
    [InlineData("<a href=x", "")]
    [InlineData("<a href='x>", "")]
    [InlineData("<a href=x ", "")]
    [InlineData("<a href=x>y<", "x")]
    [InlineData("<a href=x></", "x")]
    [InlineData("<!--", "")]
    [InlineData("<", "")]
    [InlineData("", "")]
    public void A_tag_that_the_document_ends_in_is_none(string html, string links) => Assert.Equal(links, LinksIn(html));

    [Theory]
    [InlineData("<link rel=canonical href=x>", "x")]
    [InlineData("<link rel='prev Next' href=x>", "x")]
    [InlineData("<link rel=alternate type='application/rss+xml; charset=utf-8' href=x>", "x")]
    [InlineData("<link rel=alternate hreflang=de href=x>", "x")]
    [InlineData("<link rel=alternate type=application/json href=n>", "")]
    [InlineData("<link rel='alternate stylesheet' href=n><link rel=icon href=n><link href=n>", "")]
    [InlineData("<meta http-equiv=Refresh content='0; URL=x'>", "refresh:0; URL=x")]
    [InlineData("<base><base href=b><base href=c>", "base:b")]
    public void Takes_links_to_documents_alone(string html, string links) => Assert.Equal(links, LinksIn(html));

    [Theory]
    [InlineData("<a rel=nofollow href=x>", "!x")]
    [InlineData("<a rel='ugc NOFOLLOW' href=x>", "!x")]
    [InlineData("<a rel=nofollower href=x>", "x")]
    [InlineData("<meta name=robots content='noindex,nofollow'><a href=x>", "nofollow x")]
    [InlineData("<meta name=ROBOTS content=none>", "nofollow")]
    [InlineData("<meta name=robots content=noindex>", "")]
    [InlineData("<meta name=description content=nofollow>", "")]
    public void Says_what_the_page_asks_not_to_follow(string html, string links) => Assert.Equal(links, LinksIn(html));

    [Theory]
    [InlineData("0;url=x", "x")]
    [InlineData("5 , URL = 'x y' z", "x y")]
    [InlineData("0;x", "x")]
    [InlineData("1.5; url=\"x", "x")]
    [InlineData(" ;url=x", "x")]
    [InlineData("5", "")]
    [InlineData("url=x", "")]
    [InlineData("5x", "")]
    [InlineData("", "")]
    public void Finds_the_address_of_a_refresh(string content, string address) =>
        Assert.Equal(address, Encoding.UTF8.GetString(HtmlLinks.AddressOfRefresh(Encoding.UTF8.GetBytes(content))));

    /// <summary>Bytes that mean something come more often than by chance.</summary>
    [Property(MaxTest = 2_000)]
    public void Reads_any_bytes_and_never_past_their_end(byte[] seed)
    {
        string[] pieces = ["<", ">", "</", "<a href=", "\"", "'", "=", " ", "/", "<!--", "-->", "--!>", "<script>", "</script", "<svg>", "<![CDATA[", "]]>", "<title>", "</title>", "&", "#", ";", "\0", "é", "<base href=", "-"];
        var html = Encoding.UTF8.GetBytes(string.Concat(seed.Select(value => pieces[value % pieces.Length])));
        var references = new HtmlReferences();

        foreach (var text in new[] { html, seed })
        {
            HtmlLinks.Read(text, references);

            Assert.All(references.Found, found => Assert.InRange(found.Start + found.Length, 0, text.Length));
            Assert.True(references.Found.Count <= text.Length / 3);
        }
    }

    /// <summary>What was found before a document goes on is found after it too, unless its last tag was cut.</summary>
    [Property(MaxTest = 500)]
    public void More_document_never_takes_back_a_link(NonEmptyArray<byte> seed, ushort cut)
    {
        string[] pieces = ["<a href=x>", "<a href='", "'>", "<!--", "-->", "<script>", "</script>", "<", ">", "text ", "<style>", "</style>", "="];
        var html = Encoding.UTF8.GetBytes(string.Concat(seed.Get.Select(value => pieces[value % pieces.Length])));
        var (whole, part) = (new HtmlReferences(), new HtmlReferences());

        HtmlLinks.Read(html, whole);
        HtmlLinks.Read(html.AsSpan(0, cut % (html.Length + 1)), part);

        Assert.Equal(part.Found, whole.Found.Take(part.Found.Count));
    }

    [Theory]
    [InlineData("<!--")]
    [InlineData("<!-- -")]
    [InlineData("--!")]
    [InlineData("<a ")]
    [InlineData("<a href='")]
    [InlineData("</")]
    [InlineData("<title></titl")]
    [InlineData("<script><!--<script>")]
    [InlineData("<script><!---")]
    [InlineData("<svg>")]
    [InlineData("<svg><p>")]
    [InlineData("<svg><![CDATA[]]")]
    [InlineData("<?")]
    [InlineData("<a href=&amp")]
    [InlineData("=/")]
    public void Takes_no_longer_for_crooked_pages(string piece)
    {
        var html = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(piece, 8_000_000 / piece.Length)));

        var started = Stopwatch.GetTimestamp();
        HtmlLinks.Read(html, new HtmlReferences());

        // Eight megabytes take some milliseconds; in the square of their length it would be hours.
        Assert.InRange(Stopwatch.GetElapsedTime(started).TotalSeconds, 0, 2);
    }

    private static string LinksIn(string html)
    {
        var bytes = Encoding.UTF8.GetBytes(html);
        var references = new HtmlReferences();
        HtmlLinks.Read(bytes, references);
        var words = references.Found.Select(found => (found.IsNofollow ? "!" : found.IsRefresh ? "refresh:" : "") + (found.Length == 0 ? "<empty>" : Text(found)));
        if (references.Base is { } address)
            words = words.Prepend("base:" + Text(address));
        return string.Join(" ", references.IsNofollow ? words.Prepend("nofollow") : words);

        string Text(HtmlReference place) => Encoding.UTF8.GetString(bytes, place.Start, place.Length);
    }
}
