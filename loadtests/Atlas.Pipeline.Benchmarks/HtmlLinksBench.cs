using System.Text;
using AngleSharp.Html.Parser;
using Atlas.Pipeline.Discover;
using BenchmarkDotNet.Attributes;

namespace Atlas.Pipeline.Benchmarks;

/// <summary>The links of a page, by the pipeline's tokenizer and by a parser that builds the whole tree; the time is per page.</summary>
/// <remarks>Before it measures, it compares what both find in 200 pages.</remarks>
[MemoryDiagnoser]
public class HtmlLinksBench
{
    private static readonly HtmlParser Parser = new();

    private readonly HtmlReferences _references = new();
    private byte[] _page = [];

    /// <summary>Bytes of the page.</summary>
    [Params(10_000, 200_000)]
    public int Bytes { get; set; }

    [GlobalSetup]
    public void Write()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var page = GeneratedPages.Page(seed, 10_000);
            var (ours, theirs) = (OursOf(page), TheirsOf(page));
            if (!ours.SequenceEqual(theirs))
                throw new InvalidOperationException($"In page {seed} the two find different links: {ours.Count} and {theirs.Count}, first {ours.Except(theirs).FirstOrDefault()} or {theirs.Except(ours).FirstOrDefault()}.");
        }

        _page = GeneratedPages.Page(1, Bytes);
    }

    [Benchmark(Baseline = true)]
    public int Tokenizer()
    {
        HtmlLinks.Read(_page, _references);
        return _references.Found.Count;
    }

    [Benchmark]
    public int AngleSharp() => TheirsOf(_page).Count;

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
