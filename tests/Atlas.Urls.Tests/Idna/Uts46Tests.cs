using System.Text;
using Atlas.Urls.Idna;

namespace Atlas.Urls.Tests.Idna;

public sealed class Uts46Tests
{
    [Theory]
    [InlineData("faß.de", "xn--fa-hia.de")]
    [InlineData("FAẞ.de", "xn--fa-hia.de")]
    [InlineData("βόλος.com", "xn--nxasmm1c.com")]
    [InlineData("BÜCHER.example", "xn--bcher-kva.example")]
    [InlineData("bu\u0308cher.example", "xn--bcher-kva.example")]
    [InlineData("Bloß.de", "xn--blo-7ka.de")]
    [InlineData("ｶﾞ.jp", "xn--mck.jp")]
    [InlineData("u\u0344.example", "xn--3ja.example")]
    [InlineData("日本語。ＪＰ", "xn--wgv71a119e.jp")]
    [InlineData("１２７。０。０。１", "127.0.0.1")]
    [InlineData("127。0．0｡1", "127.0.0.1")]
    [InlineData("ex\u00ADam\u200Bple.org", "example.org")]
    [InlineData("㍿.jp", "xn--6oqv20b1zgzxr.jp")]
    [InlineData("①②.example", "12.example")]
    [InlineData("한글.kr", "xn--bj0bj06e.kr")]
    [InlineData("\u1112\u1161\u11AB\u1100\u1173\u11AF.kr", "xn--bj0bj06e.kr")]
    [InlineData("☃.net", "xn--n3h.net")]
    [InlineData("I❤.ws", "xn--i-7iq.ws")]
    [InlineData("💩.la", "xn--ls8h.la")]
    [InlineData("İ.tr", "xn--i-9bb.tr")]
    [InlineData("K.example", "k.example")]
    public void Maps_to_the_one_ASCII_form(string host, string expected) => Assert.Equal(expected, Domain.ToAscii(host));

    [Theory]
    [InlineData("WWW.Example.COM.", "www.example.com.")]
    [InlineData("a..b", "a..b")]
    [InlineData(".", ".")]
    [InlineData("-a-.b--c", "-a-.b--c")]
    [InlineData("a_b!$&'()*+,;=~`{}\"", "a_b!$&'()*+,;=~`{}\"")]
    [InlineData("ü..ü.", "xn--tda..xn--tda.")]
    [InlineData("-ü-", "xn-----xka")]
    public void Leaves_hyphens_empty_labels_and_odd_ASCII_alone(string host, string expected) => Assert.Equal(expected, Domain.ToAscii(host));

    [Theory]
    [InlineData("")]
    [InlineData("\u00AD")]
    [InlineData("a b")]
    [InlineData("a%62")]
    [InlineData("a\u00A0b")]
    [InlineData("a／b")]
    [InlineData("ü＃")]
    [InlineData("a％b")]
    [InlineData("a\0b")]
    [InlineData("a\u007Fb")]
    [InlineData("a:80")]
    [InlineData("a^b|c")]
    [InlineData("℀.com")]
    [InlineData("ﷺ")]
    public void Refuses_an_empty_result_and_forbidden_code_points(string host) => Assert.Null(Domain.ToAscii(host));

    [Theory]
    [InlineData("a\uFFFDb")]
    [InlineData("a\u0080b")]
    [InlineData("a\uE000b")]
    [InlineData("a\u0378b")]
    [InlineData("a\uFFFEb")]
    [InlineData("a\u2028b")]
    [InlineData("a\u202Eb")]
    [InlineData("a\U000E0001b")]
    [InlineData("a\U0010FFFFb")]
    public void Refuses_disallowed_code_points(string host) => Assert.Null(Domain.ToAscii(host));

    [Theory]
    [InlineData("\u0301a")]
    [InlineData("b.\u0301a")]
    [InlineData("\u0903a")]
    [InlineData("\u20DDa")]
    [InlineData("\u00AD\u0301a")]
    public void Refuses_a_label_that_begins_with_a_combining_mark(string host) => Assert.Null(Domain.ToAscii(host));

    [Fact]
    public void Refuses_bytes_that_are_no_UTF8()
    {
        Assert.Null(Domain.ToAscii([(byte)'a', 0xFF]));
        Assert.Null(Domain.ToAscii([0xC3]));
        Assert.Null(Domain.ToAscii([0xC0, 0xAE]));
        Assert.Null(Domain.ToAscii([0xED, 0xA0, 0x80, (byte)'a']));
        Assert.Null(Domain.ToAscii([0xF4, 0x90, 0x80, 0x80]));
    }

    [Fact]
    public void Writes_nothing_past_the_place_it_was_given_and_needs_no_more()
    {
        foreach (var host in new[] { "example.org", "bücher.example", "XN--BCHER-KVA.example" })
        {
            var bytes = Encoding.UTF8.GetBytes(host);
            var needed = Domain.ToAscii(host)!.Length;

            Assert.True(Uts46.TryToAscii(bytes, new byte[needed], out var length));
            Assert.Equal(needed, length);
            for (var room = 0; room < needed; room++)
            {
                Assert.False(Uts46.TryToAscii(bytes, new byte[room], out length));
                Assert.Equal(0, length);
            }
        }
    }

    [Fact]
    public void Takes_the_longest_name_and_labels_beyond_63_bytes_but_no_longer_name()
    {
        var label = new string('a', Uts46.MaxAsciiLength - 1);

        Assert.Equal(label + ".", Domain.ToAscii(label + "."));
        Assert.Null(Domain.ToAscii(label + "bc"));
        Assert.Equal(label + ".", Domain.ToAscii("\u00AD" + label + "。"));
        Assert.Null(Domain.ToAscii("\u00AD" + label + "bc"));
        Assert.Null(Domain.ToAscii(string.Concat(Enumerable.Repeat("ﷺ", 100))));
    }

    [Fact]
    public void Code_points_that_vanish_do_not_count_up_to_the_longest_input()
    {
        var hyphens = new string('\u00AD', (Uts46.MaxInputLength - 2) / 2);

        Assert.Equal("a", Domain.ToAscii(hyphens + "a"));
        Assert.Null(Domain.ToAscii(hyphens + "\u00ADab"));
    }

    [Fact]
    public void Marks_that_compose_do_not_count_twice()
    {
        var host = string.Concat(Enumerable.Repeat("u\u0308\u0304", 120));

        Assert.Equal(Domain.ToAscii(new string('\u01D6', 120)), Domain.ToAscii(host));
    }

    [Fact]
    public void Allocates_nothing()
    {
        var hosts = new[] { "www.example.org", "bücher.example", "e\u0301\u0323cole.fr", "xn--bcher-kva.example", "اب.ج", "क्\u200Dष" }.Select(Encoding.UTF8.GetBytes).ToArray();
        var ascii = new byte[Uts46.MaxAsciiLength];
        foreach (var host in hosts)
            Assert.True(Uts46.TryToAscii(host, ascii, out _));

        var before = GC.GetAllocatedBytesForCurrentThread();
        foreach (var host in hosts)
            Uts46.TryToAscii(host, ascii, out _);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
