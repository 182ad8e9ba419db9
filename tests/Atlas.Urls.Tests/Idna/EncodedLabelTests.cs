using System.Text;
using Atlas.Urls.Idna;

namespace Atlas.Urls.Tests.Idna;

/// <summary>Labels that come with <c>xn--</c>: UTS #46 section 4, step 4, and the validity criteria of section 4.1.</summary>
public sealed class EncodedLabelTests
{
    [Theory]
    [InlineData("xn--bcher-kva.example", "xn--bcher-kva.example")]
    [InlineData("XN--BCHER-KVA.example", "xn--bcher-kva.example")]
    [InlineData("ｘｎ－－bcher-kva.example", "xn--bcher-kva.example")]
    [InlineData("xn--fa-hia.de", "xn--fa-hia.de")]
    [InlineData("xn--wgv71a119e.xn--wgv71a119e", "xn--wgv71a119e.xn--wgv71a119e")]
    [InlineData("a.xn--ls8h.", "a.xn--ls8h.")]
    public void Stay_as_they_are_in_lower_case(string host, string expected) => Assert.Equal(expected, Domain.ToAscii(host));

    [Theory]
    [InlineData("xn--")]
    [InlineData("a.xn--.b")]
    [InlineData("XN--")]
    [InlineData("xn---")]
    [InlineData("xn--a-")]
    [InlineData("xn--example-")]
    [InlineData("xn--1-.example")]
    public void Are_refused_if_nothing_in_them_needed_encoding(string host) => Assert.Null(Domain.ToAscii(host));

    [Theory]
    [InlineData("xn--a")]
    [InlineData("xn--bcher-kv")]
    [InlineData("xn--9999999999")]
    [InlineData("xn--ü")]
    [InlineData("xn--a-ü")]
    [InlineData("xn--bücher-kva")]
    [InlineData("xn--!")]
    public void Are_refused_if_they_are_no_Punycode(string host) => Assert.Null(Domain.ToAscii(host));

    [Theory]
    [InlineData("BÜCHER")]
    [InlineData("ſ")]
    [InlineData("１")]
    [InlineData("a\u00ADb")]
    [InlineData("e\u0301")]
    [InlineData("é\u0345\u0323")]
    [InlineData("\u1100\u1161")]
    [InlineData("\u0958")]
    [InlineData("\u0301a")]
    [InlineData("a\u0378")]
    [InlineData("a\uD800")]
    [InlineData("a。b")]
    [InlineData("xn--ü")]
    [InlineData("a\u200Db")]
    public void Are_refused_if_mapping_would_not_have_left_what_they_encode(string decoded) => Assert.Null(Domain.ToAscii(Encoded(decoded)));

    [Theory]
    [InlineData("bücher")]
    [InlineData("a\u0334\u0315")]
    [InlineData("각")]
    [InlineData("\u0915\u093C")]
    [InlineData("ß")]
    public void Pass_if_it_would_have_left_just_that(string decoded) => Assert.Equal(Encoded(decoded), Domain.ToAscii(Encoded(decoded)));

    [Fact]
    public void Spell_the_same_host_as_the_letters_they_encode() => Assert.Equal(Domain.ToAscii("例え.テスト"), Domain.ToAscii(Encoded("例え") + "." + Encoded("テスト")));

    /// <summary>Without any judgement, so that labels nobody should write can be written.</summary>
    private static string Encoded(string label)
    {
        var digits = new byte[256];
        int[] codePoints = label.EndsWith('\uD800') ? [.. Domain.CodePoints(label[..^1]), 0xD800] : Domain.CodePoints(label);
        Assert.True(Punycode.TryEncode(codePoints, digits, out var length));
        return "xn--" + Encoding.ASCII.GetString(digits, 0, length);
    }
}
