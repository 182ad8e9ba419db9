using System.IO.Compression;
using System.Text;
using Atlas.Pipeline.Discover;
using FsCheck.Xunit;

namespace Atlas.Pipeline.Tests.Discover;

public sealed class XmlLinksTests
{
    [Theory]
    [InlineData("<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'><url><loc>http://a/1?x=1&amp;y</loc><lastmod>2026-01-01</lastmod></url><url><loc>\n http://a/2 \n</loc></url></urlset>", "http://a/1?x=1&y http://a/2")]
    [InlineData("<sitemapindex><sitemap><loc>http://a/s1.xml.gz</loc></sitemap><sitemap><loc><![CDATA[http://a/s2.xml]]></loc></sitemap></sitemapindex>", "http://a/s1.xml.gz http://a/s2.xml")]
    [InlineData("<urlset xmlns:image='i'><url><loc>http://a/1</loc><image:image><image:loc>http://a/i.png</image:loc></image:image><loc/></url></urlset>", "http://a/1")]
    [InlineData("<rss version='2.0' xmlns:atom='http://www.w3.org/2005/Atom'><channel><link>http://a/</link><atom:link rel='self' href='http://a/feed'/><item><link>http://a/1</link><guid>http://a/g</guid></item></channel></rss>", "http://a/ http://a/1")]
    [InlineData("<rdf:RDF xmlns:rdf='r' xmlns='http://purl.org/rss/1.0/'><channel><link>http://a/</link></channel><item><link>http://a/1</link></item></rdf:RDF>", "http://a/ http://a/1")]
    [InlineData("<feed xmlns='http://www.w3.org/2005/Atom'><link rel='self' href='http://a/feed'/><link rel='hub' href='http://h/'/><entry><link href='1'/><link rel='alternate' href='2'/><link rel='enclosure' href='3.mp3'/></entry></feed>", "1 2")]
    [InlineData("<!DOCTYPE rss PUBLIC \"-//Netscape//DTD RSS 0.91//EN\" \"http://my.netscape.com/rss.dtd\"><rss><channel><link>http://a/</link></channel></rss>", "http://a/")]
    [InlineData("<?xml version='1.0' encoding='iso-8859-1'?><rss><channel><link>http://a/\u00e9</link></channel></rss>", "http://a/é")]
    [InlineData("<html><a href='x'/></html>", "")]
    [InlineData("<svg/>", "")]
    [InlineData("no xml", "")]
    [InlineData("", "")]
    public void Reads_sitemaps_and_feeds(string xml, string links) => Assert.Equal(links, LinksIn(Encoding.Latin1.GetBytes(xml)));

    [Fact]
    public void What_stands_before_a_mistake_counts() =>
        Assert.Equal("http://a/1", LinksIn("<urlset><url><loc>http://a/1</loc></url><url><loc>http://a/2&nbsp;</loc></url></urlset>"u8.ToArray()));

    [Fact]
    public void Reads_a_packed_one_up_to_where_it_is_cut()
    {
        var whole = Pack("<urlset>" + string.Concat(Enumerable.Range(0, 5_000).Select(i => $"<url><loc>http://a/{i * 7_919}</loc></url>")) + "</urlset>");

        Assert.Equal(5_000, LinksIn(whole, isPacked: true).Split(' ').Length);
        Assert.InRange(LinksIn(whole[..(whole.Length / 2)], isPacked: true).Split(' ').Length, 1_000, 4_000);
        Assert.Equal("", LinksIn([0x1F, 0x8B, 8, 1, 2, 3], isPacked: true));
    }

    /// <summary>Entities that double a few dozen times would fill any memory, and one may name a file.</summary>
    [Theory]
    [InlineData("<!DOCTYPE urlset [<!ENTITY a 'http://a/'><!ENTITY b '&a;&a;'>]><urlset><url><loc>&b;</loc></url></urlset>")]
    [InlineData("<!DOCTYPE urlset [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><urlset><url><loc>&a;</loc></url></urlset>")]
    public void Knows_no_entities_of_the_documents_own(string xml) => Assert.Equal("", LinksIn(Encoding.UTF8.GetBytes(xml)));

    [Fact]
    public void Ends_at_the_limits_of_the_protocol()
    {
        var links = "<urlset>" + string.Concat(Enumerable.Repeat("<url><loc>http://a/</loc></url>", 60_000)) + "</urlset>";
        var bytes = "<urlset><url><loc>http://a/1</loc></url>" + new string(' ', XmlLinks.MostBytes) + "<url><loc>http://a/2</loc></url></urlset>";

        Assert.Equal(XmlLinks.MostLinks, LinksIn(Encoding.UTF8.GetBytes(links)).Split(' ').Length);
        Assert.Equal("http://a/1", LinksIn(Pack(bytes), isPacked: true));
    }

    [Fact]
    public void Leaves_out_an_address_without_end() =>
        Assert.Equal("http://a/2", LinksIn(Encoding.UTF8.GetBytes($"<urlset><url><loc>http://a/{new string('x', 1_000_000)}</loc></url><url><loc>http://a/2</loc></url></urlset>")));

    [Property(MaxTest = 500)]
    public void Takes_any_bytes(byte[] seed)
    {
        string[] pieces = ["<urlset>", "<url>", "<loc>", "</loc>", "</url>", "</urlset>", "<feed>", "<link href='", "'/>", "<![CDATA[", "]]>", "&", ";", "#1", "\0", "\uFFFE", "<!DOCTYPE", "[", "x"];

        LinksIn(seed);
        LinksIn(seed, isPacked: true);
        LinksIn(Encoding.UTF8.GetBytes("<urlset>" + string.Concat(seed.Select(value => pieces[value % pieces.Length]))));
    }

    private static byte[] Pack(string text)
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(Encoding.UTF8.GetBytes(text));
        return packed.ToArray();
    }

    private static string LinksIn(byte[] document, bool isPacked = false)
    {
        var links = new List<string>();
        XmlLinks.Read(new MemoryStream(document), isPacked, (_, link) =>
        {
            links.Add(link);
            return true;
        });
        return string.Join(' ', links);
    }
}
