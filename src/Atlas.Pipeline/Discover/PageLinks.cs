using System.Buffers;
using System.IO.Hashing;
using System.Text;
using Atlas.Urls;

namespace Atlas.Pipeline.Discover;

/// <summary>Finds the links of one document that are to be followed. Used by one worker at a time, and again for the next document.</summary>
/// <remarks>Never throws for what a document holds. What it holds is bounded: a hash for each distinct link of the document, and the lines of those that are followed.</remarks>
internal sealed class PageLinks(DiscoverOptions options)
{
    /// <summary>Nothing is dropped or folded: links are compared as what a host is asked for.</summary>
    internal static readonly Canonicalizer Spelling = new(new CanonicalizationRules { FoldScheme = false, DropTracking = false });

    /// <summary>A longer value cannot become a link that is short enough, unless it is mostly padding.</summary>
    private const int MostPadding = 8;

    /// <summary>An ordinary page needs less; what one huge document needed is not kept for the next.</summary>
    private const int KeptLinks = 16_384;
    private const int KeptBytes = 1 << 21;

    private readonly LinkScope _scope = new(options);
    private readonly HtmlReferences _references = new();
    private readonly HashSet<UInt128> _seen = [];
    private readonly ArrayBufferWriter<byte> _lines = new();
    private readonly long[] _fates = new long[Enum.GetValues<LinkFate>().Length];
    private byte[] _canonical = [];
    private byte[] _joined = [];
    private byte[] _address = [];
    private byte[] _home = [];
    private int _most;
    private int _taken;

    /// <summary>How many links of the last document met each <see cref="LinkFate"/>.</summary>
    public ReadOnlySpan<long> Fates => _fates;

    /// <summary>The last document has made it so large that it is better made anew.</summary>
    public bool IsOutgrown => _seen.Count > KeptLinks || _references.Found.Count > KeptLinks || _lines.Capacity + _canonical.Length + _joined.Length > KeptBytes;

    /// <summary>The links to follow; null when there are none.</summary>
    /// <param name="item">The item whose document it is.</param>
    /// <param name="document">With its body.</param>
    public FoundLinks? Find(WorkItem item, FetchedDocument document)
    {
        Begin(item, document);
        FindSitemaps(item);
        if (!options.FollowNofollow && RobotsTag.IsNofollow(document.RobotsTag))
        {
            // Nobody knows how many there are.
            _fates[(int)LinkFate.Nofollow]++;
            return Found(item);
        }

        switch (DocumentKinds.Of(document.Body, document.ContentType))
        {
            case DocumentKind.Html:
                FindInHtml(document);
                break;
            case DocumentKind.Xml:
                // A page that is broken as XML is a page all the same.
                var kind = FindInXml(document, isPacked: false);
                if (kind == XmlKind.Page || (kind == XmlKind.Other && DocumentKinds.SaysHtml(document.ContentType)))
                    FindInHtml(document);
                break;
            case DocumentKind.Gzip:
                FindInXml(document, isPacked: true);
                break;
        }

        return Found(item);
    }

    private FoundLinks? Found(WorkItem item) => _lines.WrittenCount > 0 ? new FoundLinks(_lines.WrittenSpan.ToArray(), (byte)(item.Depth + 1)) : null;

    /// <summary>The sitemaps that the host's robots.txt names, with the first document that is read under it. Nothing that a page says about its links is about these.</summary>
    private void FindSitemaps(WorkItem item)
    {
        if (item.Sitemaps is not { } sitemaps || !sitemaps.TryTake())
            return;
        _most = sitemaps.Lines.Count;
        foreach (var sitemap in sitemaps.Lines)
            Take(_address, Encoding.UTF8.GetBytes(sitemap));
        _taken = 0;
    }

    private void Begin(WorkItem item, FetchedDocument document)
    {
        _seen.Clear();
        _lines.ResetWrittenCount();
        Array.Clear(_fates);
        _taken = 0;
        _address = Encoding.UTF8.GetBytes(document.FinalUrl);
        _home = Encoding.UTF8.GetBytes(item.HostKey);

        // A page that links to itself says nothing new.
        if (TrySpell(_address, out var self))
            _seen.Add(XxHash128.HashToUInt128(_canonical.AsSpan(0, self.Length)));
    }

    private XmlKind FindInXml(FetchedDocument document, bool isPacked) => XmlLinks.Read(document.OpenBody(), isPacked, (kind, link) =>
    {
        _most = kind == XmlKind.Sitemap ? XmlLinks.MostLinks : options.MaxLinksPerPage;
        Take(_address, Encoding.UTF8.GetBytes(link));
        return true;
    });

    private void FindInHtml(FetchedDocument document)
    {
        _most = options.MaxLinksPerPage;
        var html = document.Body;
        var encoding = DocumentEncoding.Of(html, document.ContentType);
        if (encoding is not null && DocumentEncoding.IsWide(encoding))
        {
            html = Encoding.UTF8.GetBytes(encoding.GetString(html));
            encoding = null;
        }

        HtmlLinks.Read(html, _references);
        if (_references.IsNofollow && !options.FollowNofollow)
        {
            _fates[(int)LinkFate.Nofollow] += _references.Found.Count;
            return;
        }

        var address = _references.Base is { } place && place.Length <= MostPadding * options.MaxUrlBytes ? BaseOf(html.Slice(place.Start, place.Length), encoding) : _address;
        foreach (var found in _references.Found)
        {
            var value = html.Slice(found.Start, found.Length);
            if (found.IsNofollow && !options.FollowNofollow)
                _fates[(int)LinkFate.Nofollow]++;
            else if (value.Length > MostPadding * options.MaxUrlBytes)
                _fates[(int)LinkFate.TooLong]++;
            else
                TakeValue(address, value, encoding, found.IsRefresh);
        }
    }

    private byte[] BaseOf(ReadOnlySpan<byte> value, Encoding? encoding)
    {
        var reference = AttributeText.Decode(value, encoding);
        var to = new byte[_address.Length + reference.Length + 8];
        return LinkResolver.TryResolve(_address, reference, to, out var length) && length <= options.MaxUrlBytes ? to[..length] : _address;
    }

    private void TakeValue(byte[] address, ReadOnlySpan<byte> value, Encoding? encoding, bool isRefresh)
    {
        // The ordinary one needs no second look, nor a copy.
        if (!isRefresh && Ascii.IsValid(value) && !value.Contains((byte)'&'))
        {
            Take(address, value);
            return;
        }

        ReadOnlySpan<byte> reference = AttributeText.Decode(value, encoding);
        Take(address, isRefresh ? HtmlLinks.AddressOfRefresh(reference) : reference);
    }

    private void Take(ReadOnlySpan<byte> address, ReadOnlySpan<byte> reference) => _fates[(int)Settle(address, reference)]++;

    private LinkFate Settle(ReadOnlySpan<byte> address, ReadOnlySpan<byte> reference)
    {
        Grow(ref _joined, address.Length + reference.Length + 8);
        if (!LinkResolver.TryResolve(address, reference, _joined, out var length))
            return LinkFate.NoDocument;
        if (length > options.MaxUrlBytes)
            return LinkFate.TooLong;

        var line = _joined.AsSpan(0, length);
        if (!TrySpell(line, out var parts))
            return LinkFate.NoDocument;
        var canonical = _canonical.AsSpan(0, parts.Length);
        if (!_seen.Add(XxHash128.HashToUInt128(canonical)))
            return LinkFate.Repeated;
        if (_scope.Judge(canonical, canonical.Slice(parts.HostStart, parts.HostLength), _home) is var fate and not LinkFate.Followed)
            return fate;
        if (_taken == _most)
            return LinkFate.TooMany;

        _taken++;
        _lines.Write(line);
        _lines.Write("\n"u8);
        return LinkFate.Followed;
    }

    private bool TrySpell(ReadOnlySpan<byte> line, out CanonicalUrl parts)
    {
        Grow(ref _canonical, Canonicalizer.MaxLength(line.Length));
        return Spelling.TryCanonicalize(line, _canonical, out parts) == CanonicalizationError.None && parts.IsHttp;
    }

    private static void Grow(ref byte[] buffer, int bytes)
    {
        if (buffer.Length < bytes)
            buffer = new byte[Math.Max(bytes, 2 * buffer.Length)];
    }
}
