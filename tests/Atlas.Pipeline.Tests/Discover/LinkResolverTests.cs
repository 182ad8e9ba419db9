using System.Text;
using Atlas.Pipeline.Discover;
using Atlas.Urls;
using FsCheck.Xunit;

namespace Atlas.Pipeline.Tests.Discover;

public sealed class LinkResolverTests
{
    /// <summary>The examples of RFC 3986, 5.4, where dot segments are normalize's to resolve; then what the WHATWG standard does otherwise.</summary>
    [Theory]
    [InlineData("g", "http://a/b/c/g")]
    [InlineData("./g", "http://a/b/c/./g")]
    [InlineData("g/", "http://a/b/c/g/")]
    [InlineData("/g", "http://a/g")]
    [InlineData("//g", "http://g")]
    [InlineData("?y", "http://a/b/c/d;p?y")]
    [InlineData("g?y", "http://a/b/c/g?y")]
    [InlineData("g#s", "http://a/b/c/g")]
    [InlineData("g?y/./x#s", "http://a/b/c/g?y/./x")]
    [InlineData(";x", "http://a/b/c/;x")]
    [InlineData("../../g", "http://a/b/c/../../g")]
    [InlineData("https://h/x", "https://h/x")]
    [InlineData("https:h", "https:h")]
    [InlineData("http:g", "http://a/b/c/g")]
    [InlineData("HTTP://h", "HTTP://h")]
    [InlineData("\\g", "http://a\\g")]
    [InlineData("/\\g", "http:/\\g")]
    [InlineData("  g\n", "http://a/b/c/g")]
    [InlineData("g\n/h", "http://a/b/c/g/h")]
    [InlineData("ht\ntp://h", "http://h")]
    [InlineData("1:2", "http://a/b/c/1:2")]
    [InlineData("a b", "http://a/b/c/a b")]
    [InlineData("#s", null)]
    [InlineData("", null)]
    [InlineData("http:", null)]
    [InlineData("mailto:a@b", null)]
    [InlineData("javascript:void(0)", null)]
    [InlineData("java\nscript:void(0)", null)]
    [InlineData("tel:+1", null)]
    [InlineData("ftp://h/x", null)]
    public void Resolves_against_the_address_of_the_document(string reference, string? line) => Assert.Equal(line, Resolve("http://a/b/c/d;p?q", reference));

    [Theory]
    [InlineData("http://a", "g", "http://a/g")]
    [InlineData("http://a?q/r", "g", "http://a/g")]
    [InlineData("http://a", "?y", "http://a?y")]
    [InlineData("https://u@a:8080/b", "/g", "https://u@a:8080/g")]
    [InlineData("https://a/b", "http:g", "http:g")]
    [InlineData("http://a/b/", "g", "http://a/b/g")]
    [InlineData("http://a/b#x/y", "g", "http://a/g")]
    public void Takes_the_address_apart(string address, string reference, string line) => Assert.Equal(line, Resolve(address, reference));

    /// <summary>For references of letters, dots and slashes both standards agree, and so does the runtime's parser.</summary>
    [Property(MaxTest = 1_000)]
    public void Comes_to_what_the_runtime_comes_to(byte[] seed, bool isDeep)
    {
        string[] pieces = ["a", "b", "/", ".", "?", "=", "&"];
        var reference = string.Concat(seed.Select(value => pieces[value % pieces.Length]));
        var address = isDeep ? "http://h.test/x/y/z?q" : "http://h.test/";
        if (reference.Length == 0 || reference.Contains("//", StringComparison.Ordinal))
            return;

        var line = Resolve(address, reference);

        Assert.Equal(Canonical(new Uri(new Uri(address), reference).AbsoluteUri), Canonical(line!));
    }

    private static string? Resolve(string address, string reference)
    {
        var to = new byte[address.Length + reference.Length + 8];
        return LinkResolver.TryResolve(Encoding.UTF8.GetBytes(address), Encoding.UTF8.GetBytes(reference), to, out var length) ? Encoding.UTF8.GetString(to, 0, length) : null;
    }

    private static string Canonical(string url)
    {
        var to = new byte[Canonicalizer.MaxLength(url.Length)];
        Assert.Equal(CanonicalizationError.None, new Canonicalizer(new CanonicalizationRules { DropTracking = false }).TryCanonicalize(Encoding.UTF8.GetBytes(url), to, out var parts));
        return Encoding.UTF8.GetString(to, 0, parts.Length);
    }
}
