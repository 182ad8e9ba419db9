using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace Atlas.ScriptedWeb;

/// <summary>Deterministic bodies.</summary>
public static class Pages
{
    private static readonly string[] Words =
        ["atlas", "river", "stone", "market", "signal", "harbor", "winter", "copper", "garden", "letter", "number", "bridge", "orange", "silent", "window", "planet"];

    /// <summary>64 Ki characters of words: every page is a stretch of it, so that a page costs a copy and not its words.</summary>
    private static readonly byte[] Text = WriteText(1 << 16);

    /// <summary>An HTML page of exactly this many bytes, the same for the same seed.</summary>
    /// <param name="size">Bytes, 0 or more; a page too small for its frame is cut off.</param>
    /// <param name="seed">Any text.</param>
    public static byte[] Html(int size, string seed)
    {
        var page = new byte[size];
        WriteHtml(page, seed);
        return page;
    }

    /// <summary>Fills <paramref name="page"/> with the page of its size.</summary>
    internal static void WriteHtml(Span<byte> page, string seed)
    {
        page = Append(page, "<!doctype html><title>"u8);
        var title = page[..Math.Min(page.Length, seed.Length)];
        for (var at = 0; at < title.Length; at++)
            title[at] = char.IsAsciiLetterOrDigit(seed[at]) ? (byte)seed[at] : (byte)'_';
        page = Append(page[title.Length..], "</title><p>"u8);
        for (var from = (int)(Next(Hash(seed)) >> 48); page.Length > 0; from = 0)
            page = Append(page, Text.AsSpan(from));
    }

    /// <summary>A page of a tree: it links to its children, if it has any, to its parent, to itself, and to what nobody should follow.</summary>
    /// <param name="links">Children of each page.</param>
    /// <param name="depth">Levels below this page.</param>
    /// <param name="milliseconds">How slow all of them are.</param>
    /// <param name="name">The page's own, made of the number of its parent's child at each level: <c>root.0.3</c>.</param>
    internal static byte[] Linked(int links, int depth, string milliseconds, string name)
    {
        var page = new StringBuilder("<!doctype html><title>Tree</title><a href='#top'>up</a><script>'<a href=/not/this>'</script>");
        for (var child = 0; depth > 0 && child < links; child++)
            page.Append(CultureInfo.InvariantCulture, $"<p><a href='/links/{links}/{depth - 1}/{milliseconds}/{name}.{child}?utm_source=tree&amp;utm_medium={child}#part'>on</a>");
        if (name.LastIndexOf('.') is > 0 and var dot)
            page.Append(CultureInfo.InvariantCulture, $"<a href='/links/{links}/{depth + 1}/{milliseconds}/{name[..dot]}'>back</a>");
        page.Append("<a href='?'>here</a><a rel=nofollow href='/not/followed'>no</a><a href='http://127.0.0.250/not/here'>away</a>");
        return Encoding.UTF8.GetBytes(page.ToString());
    }

    /// <summary>A sitemap index that names one sitemap.</summary>
    internal static string SitemapIndex(string sitemap) =>
        $"<?xml version=\"1.0\"?><sitemapindex xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\"><sitemap><loc>{sitemap}</loc></sitemap></sitemapindex>";

    /// <summary>A sitemap of so many small pages of one site.</summary>
    internal static string Sitemap(string site, int pages) =>
        "<?xml version=\"1.0\"?><urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">"
        + string.Concat(Enumerable.Range(0, pages).Select(page => string.Create(CultureInfo.InvariantCulture, $"<url><loc>{site}/page/100/{page}</loc></url>")))
        + "</urlset>";

    public static byte[] Gzip(byte[] body) => Compressed(body, (to) => new GZipStream(to, CompressionLevel.Optimal, leaveOpen: true));

    public static byte[] Brotli(byte[] body) => Compressed(body, (to) => new BrotliStream(to, CompressionLevel.Fastest, leaveOpen: true));

    /// <summary>Some megabytes of zeros as a few kilobytes of gzip.</summary>
    internal static byte[] Bomb(int megabytes)
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            var zeros = new byte[1 << 20];
            for (var written = 0; written < megabytes; written++)
                gzip.Write(zeros);
        }

        return packed.ToArray();
    }

    internal static ulong Hash(string text)
    {
        var hash = 14_695_981_039_346_656_037;
        foreach (var letter in text)
            hash = (hash ^ letter) * 1_099_511_628_211;
        return hash;
    }

    internal static ulong Next(ulong state) => (state * 6_364_136_223_846_793_005) + 1_442_695_040_888_963_407;

    internal static int Number(string text) => int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);

    /// <summary>Writes what fits, and gives the rest of the page.</summary>
    private static Span<byte> Append(Span<byte> page, ReadOnlySpan<byte> text)
    {
        text = text[..Math.Min(page.Length, text.Length)];
        text.CopyTo(page);
        return page[text.Length..];
    }

    private static byte[] WriteText(int length)
    {
        var text = new StringBuilder();
        for (var state = Hash("text"); text.Length < length; state = Next(state))
            text.Append(Words[state >> 60]).Append(' ');
        return Encoding.ASCII.GetBytes(text.ToString(0, length));
    }

    private static byte[] Compressed(byte[] body, Func<Stream, Stream> packer)
    {
        var packed = new MemoryStream();
        using (var stream = packer(packed))
            stream.Write(body);
        return packed.ToArray();
    }
}
