using System.IO.Compression;
using System.Xml;

namespace Atlas.Pipeline.Discover;

/// <summary>The kinds of XML that links are looked for in.</summary>
internal enum XmlKind
{
    Other = 0,
    Sitemap,
    Feed,

    /// <summary>A page in XML: to be read as HTML.</summary>
    Page,
}

/// <summary>Finds links in sitemaps (sitemaps.org: <c>urlset</c> and <c>sitemapindex</c>) and feeds (RSS 0.9 to 2.0, Atom), packed with gzip or not.</summary>
/// <remarks>A document type is passed over, and with it every entity but XML's own five. What stands before a mistake in the XML counts, as does what stands before a limit.</remarks>
internal static class XmlLinks
{
    /// <summary>Bytes of a sitemap, unpacked, by its protocol.</summary>
    public const int MostBytes = 52_428_800;

    /// <summary>Addresses in a sitemap by its protocol.</summary>
    public const int MostLinks = 50_000;

    private const int LongestLink = 8_192;

    private static readonly XmlReaderSettings Settings = new()
    {
        DtdProcessing = DtdProcessing.Ignore,
        XmlResolver = null,
        CheckCharacters = false,
        ConformanceLevel = ConformanceLevel.Document,
        IgnoreComments = true,
        IgnoreProcessingInstructions = true,
        MaxCharactersInDocument = MostBytes,
    };

    /// <summary>Reads a document to its end, to its first mistake, or until nobody takes any more.</summary>
    /// <param name="document">Its bytes; not kept.</param>
    /// <param name="isPacked">gzip.</param>
    /// <param name="found">Gets what the document is and each address as it is written, at most <see cref="MostLinks"/> of them; false ends the reading.</param>
    public static XmlKind Read(Stream document, bool isPacked, Func<XmlKind, string, bool> found)
    {
        var kind = XmlKind.Other;
        using var unpacked = isPacked ? new GZipStream(document, CompressionMode.Decompress) : document;
        try
        {
            using var xml = XmlReader.Create(unpacked, Settings);
            if (xml.MoveToContent() != XmlNodeType.Element)
                return XmlKind.Other;
            kind = KindOf(xml.LocalName);
            var links = 0;
            bool Take(string link) => link.Length == 0 || (++links <= MostLinks && found(kind, link));
            if (kind == XmlKind.Sitemap)
                ReadSitemap(xml, Take);
            else if (kind == XmlKind.Feed)
                ReadFeed(xml, Take);
        }
        catch (Exception mistake) when (mistake is XmlException or InvalidDataException or ArgumentException or IOException)
        {
            // The document's own affair, as is an encoding that nobody knows.
        }

        return kind;
    }

    private static XmlKind KindOf(string root) => root switch
    {
        "urlset" or "sitemapindex" => XmlKind.Sitemap,
        "rss" or "RDF" or "feed" => XmlKind.Feed,
        "html" => XmlKind.Page,
        _ => XmlKind.Other,
    };

    private static void ReadSitemap(XmlReader xml, Func<string, bool> found)
    {
        // <loc> of images and videos stands deeper, in a namespace of its own.
        while (xml.Read())
        {
            if (xml.NodeType == XmlNodeType.Element && xml.LocalName == "loc" && xml.Depth == 2 && !found(Text(xml)))
                return;
        }
    }

    private static void ReadFeed(XmlReader xml, Func<string, bool> found)
    {
        while (xml.Read())
        {
            if (xml.NodeType != XmlNodeType.Element || xml.LocalName != "link")
                continue;

            // Atom has attributes, RSS has text; the atom:link of an RSS feed is the feed itself or its next page.
            var address = xml.GetAttribute("href") is { } href
                ? xml.GetAttribute("rel") is null or "alternate" or "next" or "prev" or "previous" or "related" or "via" ? Short(href) : ""
                : Text(xml);
            if (!found(address))
                return;
        }
    }

    /// <summary>The text up to the end of the current element.</summary>
    private static string Text(XmlReader xml)
    {
        if (xml.IsEmptyElement)
            return "";
        var depth = xml.Depth;
        var text = new char[LongestLink + 1];
        var length = 0;
        while (xml.Read() && xml.Depth > depth)
        {
            // A longer text is never held whole.
            if (xml.NodeType is XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.SignificantWhitespace or XmlNodeType.Whitespace)
            {
                while (length < text.Length && xml.ReadValueChunk(text, length, text.Length - length) is > 0 and var read)
                    length += read;
            }
        }

        return Short(new string(text, 0, length));
    }

    private static string Short(string link) => link.Trim() is { Length: <= LongestLink } trimmed ? trimmed : "";
}
