using System.Text;

namespace Atlas.Pipeline.Discover;

/// <summary>What a document is read as.</summary>
internal enum DocumentKind
{
    /// <summary>Nothing in which links are looked for.</summary>
    Other = 0,
    Html,

    /// <summary>A sitemap, a feed, or a page in XML: its root says which.</summary>
    Xml,

    /// <summary>gzip that is the document itself, as <c>sitemap.xml.gz</c>; inside may be XML.</summary>
    Gzip,
}

/// <summary>Tells kinds of documents apart by their Content-Type and their first bytes.</summary>
internal static class DocumentKinds
{
    /// <summary>The kind of a document. The type counts; where it says nothing (none, <c>application/octet-stream</c>), the first bytes do. Plain text stays plain text.</summary>
    public static DocumentKind Of(ReadOnlySpan<byte> document, ReadOnlySpan<char> contentType)
    {
        var type = TypeIn(contentType);
        if (document is [0x1F, 0x8B, 8, ..])
            return DocumentKind.Gzip;
        if (Is(type, "text/html"))
            return SaysXml(document) ? DocumentKind.Xml : DocumentKind.Html;
        if (Is(type, "application/xhtml+xml"))
            return DocumentKind.Html;
        if (Is(type, "text/xml") || Is(type, "application/xml") || type.EndsWith("+xml", StringComparison.OrdinalIgnoreCase))
            return DocumentKind.Xml;
        return type.IsEmpty || Is(type, "application/octet-stream") || Is(type, "unknown/unknown") ? OfBytes(document) : DocumentKind.Other;
    }

    /// <summary>Whether the host calls it a page.</summary>
    public static bool SaysHtml(ReadOnlySpan<char> contentType) => Is(TypeIn(contentType), "text/html");

    private static ReadOnlySpan<char> TypeIn(ReadOnlySpan<char> contentType)
    {
        var end = contentType.IndexOf(';');
        return (end < 0 ? contentType : contentType[..end]).Trim();
    }

    private static DocumentKind OfBytes(ReadOnlySpan<byte> document)
    {
        var start = Start(document);
        if (StartsWith(start, "<!doctype html"u8) || StartsWith(start, "<html"u8) || StartsWith(start, "<head"u8) || StartsWith(start, "<body"u8) || StartsWith(start, "<!--"u8))
            return DocumentKind.Html;
        return SaysXml(document) ? DocumentKind.Xml : DocumentKind.Other;
    }

    /// <summary>Whether it begins as a sitemap or a feed does; a page in XML begins with the same declaration, and is told by its root.</summary>
    private static bool SaysXml(ReadOnlySpan<byte> document)
    {
        var start = Start(document);
        return StartsWith(start, "<?xml"u8) || StartsWith(start, "<urlset"u8) || StartsWith(start, "<sitemapindex"u8) || StartsWith(start, "<rss"u8) || StartsWith(start, "<feed"u8) || StartsWith(start, "<rdf:RDF"u8);
    }

    private static ReadOnlySpan<byte> Start(ReadOnlySpan<byte> document) =>
        (document.StartsWith("\uFEFF"u8) ? document[3..] : document).TrimStart(" \t\r\n\f"u8);

    private static bool Is(ReadOnlySpan<char> type, string known) => type.Equals(known, StringComparison.OrdinalIgnoreCase);

    private static bool StartsWith(ReadOnlySpan<byte> start, ReadOnlySpan<byte> with) => start.Length >= with.Length && Ascii.EqualsIgnoreCase(start[..with.Length], with);
}
