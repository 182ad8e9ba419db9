using System.Text;
using AngleSharp.Html.Parser;
using Atlas.Pipeline.Discover;
using BenchmarkDotNet.Attributes;

namespace Atlas.Pipeline.Benchmarks;

/// <summary>The links of a page, by the pipeline's tokenizer and by a parser that builds the whole tree; the time is per page.</summary>
/// <remarks>Before it measures, it compares what both find in 200 ordinary pages and 2,000 pages of nothing but trouble.</remarks>
[MemoryDiagnoser]
public class HtmlLinksBench : IDisposable
{
    private static readonly HtmlParser Parser = new();

    private readonly HtmlReferences _references = new();
    private readonly PageLinks _links = new(new DiscoverOptions());
    private readonly WorkItem _item = new() { Sequence = 1, ContentId = 1, Url = "https://site.test/a/b", HostKey = "site.test", Priority = PriorityClass.Normal };
    private readonly FetchedDocument _document = new() { FinalUrl = "https://site.test/a/b", Status = 200, ContentType = "text/html", FetchedAt = DateTimeOffset.UnixEpoch };
    private byte[] _page = [];

    /// <summary>Bytes of the page.</summary>
    [Params(10_000, 200_000)]
    public int Bytes { get; set; }

    [GlobalSetup]
    public void Write()
    {
        for (var seed = 0; seed < 200; seed++)
            Compare(GeneratedPages.Page(seed, 10_000), $"page {seed}");
        for (var seed = 0; seed < 2_000; seed++)
            Compare(GeneratedPages.Soup(seed), $"soup {seed}");

        _page = GeneratedPages.Page(1, Bytes);
        _document.TakeBody([.. _page], _page.Length);
    }

    public void Dispose()
    {
        _document.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark(Baseline = true)]
    public int Tokenizer()
    {
        HtmlLinks.Read(_page, _references);
        return _references.Found.Count;
    }

    /// <summary>All that the stage does: the links resolved, canonicalized, within their scope and distinct.</summary>
    [Benchmark]
    public int Stage() => _links.Find(_item, _document)!.Lines.Length;

    [Benchmark]
    public int AngleSharp() => TheirsOf(_page).Count;

    /// <summary>As sets: a tree repeats links that are nested into one another.</summary>
    private static void Compare(byte[] page, string name)
    {
        var (ours, theirs) = (OursOf(page).ToHashSet(), TheirsOf(page).ToHashSet());
        if (!ours.SetEquals(theirs))
            throw new InvalidOperationException($"In {name} the two find different links, first {ours.Except(theirs).FirstOrDefault()} or {theirs.Except(ours).FirstOrDefault()}:\n{Encoding.UTF8.GetString(page)}");
    }

    private static List<string> OursOf(byte[] page)
    {
        var references = new HtmlReferences();
        HtmlLinks.Read(page, references);
        return references.Found.Select(found =>
        {
            var value = page.AsSpan(found.Start, found.Length);
            var decoded = new byte[2 * value.Length];
            return Encoding.UTF8.GetString(decoded, 0, CharacterReferences.Decode(value, decoded));
        }).ToList();
    }

    private static List<string> TheirsOf(byte[] page)
    {
        using var document = Parser.ParseDocument(new MemoryStream(page));
        return document.QuerySelectorAll("a[href], area[href], link[rel=canonical][href], frame[src], iframe[src]").Select(element => element.GetAttribute("href") ?? element.GetAttribute("src")!).ToList();
    }
}
