using System.Globalization;
using System.Text;
using Atlas.Urls;
using BenchmarkDotNet.Attributes;

namespace Atlas.Pipeline.Benchmarks;

/// <summary>The canonical form of ordinary URLs of about 80 bytes, and what else would give one; times and allocated bytes are per URL.</summary>
/// <remarks>System.Uri does the same work here except for addresses, user names and percent signs, which these URLs don't have.</remarks>
[MemoryDiagnoser]
public class CanonicalizerBench
{
    private const int Urls = 10_000;

    private readonly Canonicalizer _canonicalizer = new(new CanonicalizationRules());
    private readonly byte[] _destination = new byte[1024];
    private byte[][] _urls = [];

    /// <summary>What is the matter with the query: nothing, its order, or a parameter to drop.</summary>
    [Params("sorted", "unsorted", "tracked")]
    public string Query { get; set; } = "";

    [GlobalSetup]
    public void Write()
    {
        var rest = Query switch { "sorted" => "lang=en&view=full", "unsorted" => "view=full&lang=en", _ => "lang=en&utm_source=x" };
        _urls = [.. Enumerable.Range(0, Urls).Select(i => Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture,
            $"https://www.host{i % 5000}.example/section/{i % 97}/article-{i}?id={i}&{rest}")))];
        if (TryCanonicalize() != Carefully() || TryCanonicalize() != SystemUri())
            throw new InvalidOperationException("The ways that are compared give different canonical forms.");
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Urls)]
    public int TryCanonicalize()
    {
        var length = 0;
        foreach (var url in _urls)
        {
            _canonicalizer.TryCanonicalize(url, _destination, out var parts);
            length += parts.Length;
        }

        return length;
    }

    [Benchmark(OperationsPerInvoke = Urls)]
    public int Carefully()
    {
        var length = 0;
        foreach (var url in _urls)
        {
            _canonicalizer.CanonicalizeCarefully(url, _destination, out var parts);
            length += parts.Length;
        }

        return length;
    }

    [Benchmark(OperationsPerInvoke = Urls)]
    public int SystemUri()
    {
        var length = 0;
        foreach (var url in _urls)
            length += Encoding.ASCII.GetBytes(BySystemUri(Encoding.ASCII.GetString(url)), _destination);
        return length;
    }

    [Benchmark(OperationsPerInvoke = Urls)]
    public ulong ContentIds()
    {
        var sum = UInt128.Zero;
        foreach (var url in _urls)
            sum += ContentId.Of(url);
        return (ulong)sum;
    }

    private static string BySystemUri(string text)
    {
        var uri = new Uri(text);
        var query = string.Join('&', uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries)
            .Where(part => !part.StartsWith("utm_", StringComparison.OrdinalIgnoreCase)).OrderBy(part => part.Split('=')[0], StringComparer.Ordinal));
        return $"http://{uri.Authority}{uri.AbsolutePath}{(query.Length > 0 ? "?" : "")}{query}";
    }
}
