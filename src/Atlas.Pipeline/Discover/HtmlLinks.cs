using System.Buffers;
using System.Text;

namespace Atlas.Pipeline.Discover;

/// <summary>Finds the references to other documents in a page: <c>href</c> of <c>a</c>, <c>area</c> and <c>link</c> (canonical, next, prev, alternate), <c>src</c> of <c>frame</c> and <c>iframe</c>, and <c>meta refresh</c>. Images, scripts and styles are none.</summary>
internal static class HtmlLinks
{
    private static readonly SearchValues<byte> Digits = SearchValues.Create("0123456789."u8);

    private static readonly string[] DocumentTypes = ["text/html", "application/xhtml+xml", "application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/xml", "text/xml"];

    /// <summary>Reads a page into <paramref name="into"/>, in the order in which its links stand.</summary>
    /// <param name="html">Any bytes.</param>
    /// <param name="into">Emptied first.</param>
    public static void Read(ReadOnlySpan<byte> html, HtmlReferences into)
    {
        into.Clear();
        var tokens = new HtmlTokenizer(html);
        while (tokens.NextTag())
        {
            if (tokens.IsEnd)
                continue;
            switch (tokens.Element)
            {
                case HtmlElement.A or HtmlElement.Area:
                    ReadLink(ref tokens, html, into, needsRelation: false);
                    break;
                case HtmlElement.Link:
                    ReadLink(ref tokens, html, into, needsRelation: true);
                    break;
                case HtmlElement.Frame or HtmlElement.Iframe:
                    if (Read(ref tokens, html, "src"u8) is { } source)
                        into.Add(source);
                    break;
                case HtmlElement.Base:
                    if (Read(ref tokens, html, "href"u8) is { } address)
                        into.SetBase(address);
                    break;
                case HtmlElement.Meta:
                    ReadMeta(ref tokens, html, into);
                    break;
            }
        }
    }

    /// <summary>Whether a list of words, apart by white space or commas, has a word, in any case.</summary>
    public static bool HasWord(ReadOnlySpan<byte> list, ReadOnlySpan<byte> word)
    {
        foreach (var range in list.SplitAny(" \t\n\f\r,"u8))
        {
            if (list[range].Length == word.Length && Ascii.EqualsIgnoreCase(list[range], word))
                return true;
        }

        return false;
    }

    private static void ReadLink(ref HtmlTokenizer tokens, ReadOnlySpan<byte> html, HtmlReferences into, bool needsRelation)
    {
        HtmlReference? address = null, relation = null, type = null;
        while (tokens.NextAttribute(out var name, out var value))
        {
            // Of attributes with the same name the first counts.
            if (Is(name, "href"u8))
                address ??= Place(html, value);
            else if (Is(name, "rel"u8))
                relation ??= Place(html, value);
            else if (needsRelation && Is(name, "type"u8))
                type ??= Place(html, value);
        }

        if (address is { } found && !tokens.IsCut && (!needsRelation || LeadsToDocument(Text(html, relation), Text(html, type))))
            into.Add(found with { IsNofollow = HasWord(Text(html, relation), "nofollow"u8) });
    }

    private static bool LeadsToDocument(ReadOnlySpan<byte> relation, ReadOnlySpan<byte> type)
    {
        if (HasWord(relation, "canonical"u8) || HasWord(relation, "next"u8) || HasWord(relation, "prev"u8))
            return true;
        return HasWord(relation, "alternate"u8) && !HasWord(relation, "stylesheet"u8) && (type.IsEmpty || IsDocumentType(type));
    }

    private static bool IsDocumentType(ReadOnlySpan<byte> type)
    {
        var end = type.IndexOf((byte)';');
        type = (end < 0 ? type : type[..end]).Trim(" \t\n\f\r"u8);
        foreach (var known in DocumentTypes)
        {
            if (known.Length == type.Length && Ascii.EqualsIgnoreCase(type, known))
                return true;
        }

        return false;
    }

    private static void ReadMeta(ref HtmlTokenizer tokens, ReadOnlySpan<byte> html, HtmlReferences into)
    {
        HtmlReference? topic = null, directive = null, content = null;
        while (tokens.NextAttribute(out var name, out var value))
        {
            if (Is(name, "name"u8))
                topic ??= Place(html, value);
            else if (Is(name, "http-equiv"u8))
                directive ??= Place(html, value);
            else if (Is(name, "content"u8))
                content ??= Place(html, value);
        }

        if (content is not { } says || tokens.IsCut)
            return;
        if (Is(Text(html, topic), "robots"u8) && (HasWord(Text(html, says), "nofollow"u8) || HasWord(Text(html, says), "none"u8)))
            into.IsNofollow = true;
        if (Is(Text(html, directive), "refresh"u8))
            into.Add(says with { IsRefresh = true });
    }

    /// <summary>The address behind <c>5; url=</c>, by the "shared declarative refresh steps"; empty when the page refreshes itself.</summary>
    /// <param name="content">With its character references replaced.</param>
    public static ReadOnlySpan<byte> AddressOfRefresh(ReadOnlySpan<byte> content)
    {
        content = content.TrimStart(" \t\n\f\r"u8);
        var digits = content.IndexOfAnyExcept(Digits);
        if (digits < 0 || !IsAny(content[digits], digits > 0 ? ";, \t\n\f\r"u8 : ";,"u8))
            return default;

        content = content[digits..].TrimStart(" \t\n\f\r"u8);
        if (content.Length > 0 && IsAny(content[0], ";,"u8))
            content = content[1..];
        content = content.TrimStart(" \t\n\f\r"u8);
        if (content.Length >= 3 && Ascii.EqualsIgnoreCase(content[..3], "url"u8) && content[3..].TrimStart(" \t\n\f\r"u8) is [(byte)'=', .. var rest])
            content = rest.TrimStart(" \t\n\f\r"u8);
        if (content.StartsWith((byte)'"') || content.StartsWith((byte)'\''))
        {
            var quote = content[1..].IndexOf(content[0]);
            return quote < 0 ? content[1..] : content.Slice(1, quote);
        }

        return content;
    }

    private static HtmlReference? Read(ref HtmlTokenizer tokens, ReadOnlySpan<byte> html, ReadOnlySpan<byte> wanted)
    {
        HtmlReference? found = null;
        while (tokens.NextAttribute(out var name, out var value))
        {
            if (Is(name, wanted))
                found ??= Place(html, value);
        }

        return tokens.IsCut ? null : found;
    }

    private static bool Is(ReadOnlySpan<byte> name, ReadOnlySpan<byte> word) => name.Length == word.Length && Ascii.EqualsIgnoreCase(name, word);

    private static bool IsAny(byte value, ReadOnlySpan<byte> of) => of.Contains(value);

    private static ReadOnlySpan<byte> Text(ReadOnlySpan<byte> html, HtmlReference? place) => place is { } there ? html.Slice(there.Start, there.Length) : default;

    private static HtmlReference Place(ReadOnlySpan<byte> html, ReadOnlySpan<byte> value) =>
        new(value.IsEmpty || !html.Overlaps(value, out var start) ? 0 : start, value.Length);
}
