using System.Text;
using Atlas.Urls.Idna;
using FsCheck.Xunit;

namespace Atlas.Urls.Tests.Idna;

public sealed class PunycodeTests
{
    /// <summary>The sample strings (A) to (S) of RFC 3492 section 7.1, without the upper case that (I) puts into its digits.</summary>
    public static TheoryData<string, string> Samples { get; } = new()
    {
        { "ليهمابتكلموشعربي؟", "egbpdaj6bu4bxfgehfvwxn" },
        { "他们为什么不说中文", "ihqwcrb4cv8a8dqg056pqjye" },
        { "他們爲什麽不說中文", "ihqwctvzc91f659drss3x8bo0yb" },
        { "Pročprostěnemluvíčesky", "Proprostnemluvesky-uyb24dma41a" },
        { "למההםפשוטלאמדבריםעברית", "4dbcagdahymbxekheh6e0a7fei0b" },
        { "यहलोगहिन्दीक्योंनहींबोलसकतेहैं", "i1baa7eci9glrd9b2ae1bj0hfcgg6iyaf8o0a1dig0cd" },
        { "なぜみんな日本語を話してくれないのか", "n8jok5ay5dzabd5bym9f0cm5685rrjetr6pdxa" },
        { "세계의모든사람들이한국어를이해한다면얼마나좋을까", "989aomsvi5e83db1d2a355cv1e0vak1dwrv93d5xbh15a0dt30a5jpsd879ccm6fea98c" },
        { "почемужеонинеговорятпорусски", "b1abfaaepdrnnbgefbadotcwatmq2g4l" },
        { "PorquénopuedensimplementehablarenEspañol", "PorqunopuedensimplementehablarenEspaol-fmd56a" },
        { "TạisaohọkhôngthểchỉnóitiếngViệt", "TisaohkhngthchnitingVit-kjcr8268qyxafd2f1b9g" },
        { "3年B組金八先生", "3B-ww4c5e180e575a65lsy2b" },
        { "安室奈美恵-with-SUPER-MONKEYS", "-with-SUPER-MONKEYS-pc58ag80a8qai00g7n9n" },
        { "Hello-Another-Way-それぞれの場所", "Hello-Another-Way--fc4qua05auwb3674vfr0b" },
        { "ひとつ屋根の下2", "2-u9tlzr9756bt3uc0v" },
        { "MajiでKoiする5秒前", "MajiKoi5-783gue6qz075azm5e" },
        { "パフィーdeルンバ", "de-jg4avhby1noc0d" },
        { "そのスピードで", "d9juau41awczczp" },
        { "-> $1.00 <-", "-> $1.00 <--" },
    };

    [Theory]
    [MemberData(nameof(Samples))]
    public void Encodes_the_samples_of_the_RFC(string text, string expected) => Assert.Equal(expected, Encode(Domain.CodePoints(text)));

    [Theory]
    [MemberData(nameof(Samples))]
    public void Decodes_the_samples_of_the_RFC(string expected, string text) => Assert.Equal(expected, Decode(text));

    [Theory]
    [InlineData("-abc")]
    [InlineData("abc-*")]
    [InlineData("abc-A")]
    [InlineData("z")]
    [InlineData("99999999999999")]
    [InlineData("a-99999999")]
    [InlineData("bcher-kv")]
    public void Refuses_what_encodes_nothing(string digits) => Assert.Null(Decode(digits));

    [Property(MaxTest = 2000)]
    public void Decoding_undoes_encoding(int[] numbers)
    {
        int[] label = [.. numbers.Take(Punycode.MaxLength).Select((number, i) => (int)((uint)number * (i % 3 == 0 ? 1u : 2654435761u) % 0x110000))];

        var digits = new byte[8 * Punycode.MaxLength];
        Assert.True(Punycode.TryEncode(label, digits, out var length));
        var decoded = new int[Punycode.MaxLength];
        Assert.True(Punycode.TryDecode([.. digits.Take(length).Select(digit => (int)digit)], decoded, out var count));

        Assert.Equal(label, decoded[..count]);
    }

    [Property(MaxTest = 2000)]
    public void Encoding_undoes_decoding(byte[] choice)
    {
        var digits = string.Concat(choice.Select(index => "abcdefghijklmnopqrstuvwxyz0123456789-"[index % 37]));

        if (Decode(digits) is { } decoded && decoded.Any(character => character >= 0x80))
            Assert.Equal(digits, Encode(Domain.CodePoints(decoded)));
    }

    [Fact]
    public void Encodes_the_longest_label()
    {
        int[] label = [.. Enumerable.Range(0, Punycode.MaxLength).Select(i => i % 2 == 0 ? 0x10FFFF - i : 'a' + i % 26)];

        var digits = new byte[8 * Punycode.MaxLength];
        Assert.True(Punycode.TryEncode(label, digits, out var length));
        var decoded = new int[Punycode.MaxLength];
        Assert.True(Punycode.TryDecode([.. digits.Take(length).Select(digit => (int)digit)], decoded, out var count));

        Assert.Equal(label, decoded[..count]);
    }

    [Fact]
    public void Never_writes_past_the_place_it_was_given()
    {
        var label = Domain.CodePoints("bücher日本");
        var whole = Encode(label)!;

        for (var room = 0; room < whole.Length; room++)
            Assert.False(Punycode.TryEncode(label, new byte[room], out _));
        for (var room = 0; room < label.Length; room++)
            Assert.False(Punycode.TryDecode(Domain.CodePoints(whole), new int[room], out _));
    }

    private static string? Encode(ReadOnlySpan<int> label)
    {
        var digits = new byte[8 * Punycode.MaxLength];
        return Punycode.TryEncode(label, digits, out var length) ? Encoding.ASCII.GetString(digits, 0, length) : null;
    }

    /// <summary>Null as well where a surrogate comes out, which no text can hold.</summary>
    private static string? Decode(string digits)
    {
        var label = new int[Punycode.MaxLength];
        return Punycode.TryDecode(Domain.CodePoints(digits), label, out var length) && !label.Take(length).Any(codePoint => codePoint is >= 0xD800 and <= 0xDFFF)
            ? Domain.Text(label.AsSpan(0, length))
            : null;
    }
}
