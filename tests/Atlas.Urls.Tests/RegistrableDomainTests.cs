using System.Text;
using FsCheck.Xunit;

namespace Atlas.Urls.Tests;

public sealed class RegistrableDomainTests
{
    [Theory]
    [InlineData("example.com", "example.com")]
    [InlineData("a.b.example.com", "example.com")]
    [InlineData("a.b.example.co.uk", "example.co.uk")]
    [InlineData("com", "")]
    [InlineData("co.uk", "")]
    [InlineData("a.somebody.github.io", "somebody.github.io")]
    [InlineData("github.io", "")]
    public void It_is_one_label_more_than_the_suffix(string host, string domain) => Assert.Equal(domain, Of(host));

    [Theory]
    [InlineData("b.c.example.ck", "c.example.ck")]
    [InlineData("example.ck", "")]
    [InlineData("www.ck", "www.ck")]
    [InlineData("a.www.ck", "www.ck")]
    [InlineData("a.city.kawasaki.jp", "city.kawasaki.jp")]
    [InlineData("a.b.other.kawasaki.jp", "b.other.kawasaki.jp")]
    public void Wildcards_stand_for_one_label_and_exceptions_beat_them(string host, string domain) => Assert.Equal(domain, Of(host));

    [Theory]
    [InlineData("www.example.unlisted", "example.unlisted")]
    [InlineData("unlisted", "")]
    [InlineData("localhost", "")]
    public void A_suffix_that_is_not_on_the_list_is_one_label(string host, string domain) => Assert.Equal(domain, Of(host));

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("[2001:db8::1]")]
    [InlineData("")]
    [InlineData(".")]
    [InlineData(".com")]
    [InlineData("example.com.")]
    public void Addresses_and_what_is_no_canonical_host_have_none(string host) => Assert.Equal("", Of(host));

    [Fact]
    public void International_suffixes_are_known_by_their_ascii_form() => Assert.Equal("example.xn--fiqs8s", Of("www.example.xn--fiqs8s"));

    [Fact]
    public void Every_rule_of_the_list_is_kept_by_the_table()
    {
        using var stream = typeof(RegistrableDomain).Assembly.GetManifestResourceStream("public-suffixes.txt")!;
        using var reader = new StreamReader(stream);
        var rules = reader.ReadToEnd().Split('\n').Where(line => line.Length > 0 && line[0] != '#').ToHashSet();
        Assert.True(rules.Count > 9_000);
        foreach (var rule in rules)
        {
            if (rule[0] == '!')
                Assert.Equal(rule[1..], Of("www." + rule[1..]));
            else if (rules.Contains("*." + rule) || rules.Contains("!" + rule))
                continue;
            else
                Assert.Equal("some." + rule.Replace("*", "any", StringComparison.Ordinal), Of("www.some." + rule.Replace("*", "any", StringComparison.Ordinal)));
        }
    }

    [Fact]
    public void A_look_allocates_nothing()
    {
        var host = "a.b.example.co.uk"u8;
        _ = RegistrableDomain.Of(host);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
            _ = RegistrableDomain.Of(host);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Property(MaxTest = 2_000)]
    public void Whatever_the_bytes_it_is_an_end_of_them(byte[] bytes) => Assert.True(bytes.AsSpan().EndsWith(RegistrableDomain.Of(bytes)));

    private static string Of(string host) => Encoding.ASCII.GetString(RegistrableDomain.Of(Encoding.ASCII.GetBytes(host)));
}
