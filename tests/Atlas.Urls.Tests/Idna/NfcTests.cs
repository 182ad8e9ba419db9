using Atlas.Urls.Idna;
using FsCheck.Xunit;

namespace Atlas.Urls.Tests.Idna;

public sealed class NfcTests
{
    private static readonly string[] Pieces =
    [
        "a", "e", "o", "s", "\u0301", "\u0300", "\u0323", "\u0307", "\u0327", "\u0360", "\u0334", "\u093C", "\u0928", "\u1100", "\u1161", "\u11A8", "각", "가", "ǡ", "ậ", "\u09C7", "\u09BE",
        "\u03B1", "\u0313", "\u0958", "\u05E9", "\u05C1", "\u3099", "か", "\U00011131", "\U00011127",
    ];

    [Theory]
    [InlineData("e\u0301", "\u00E9")]
    [InlineData("\u00E9", "\u00E9")]
    [InlineData("s\u0323\u0307", "\u1E69")]
    [InlineData("s\u0307\u0323", "\u1E69")]
    [InlineData("u\u0308\u0304", "\u01D6")]
    [InlineData("\u03B1\u0313\u0300", "\u1F02")]
    [InlineData("\u304B\u3099", "\u304C")]
    [InlineData("\u09C7\u09BE", "\u09CB")]
    [InlineData("\U00011131\U00011127", "\U0001112E")]
    public void Composes_what_belongs_together(string text, string expected) => Assert.Equal(expected, Normalize(text));

    [Theory]
    [InlineData("a\u0334\u0301", "\u00E1\u0334")]
    [InlineData("a\u0315\u0300\u05AE\u0300b", "\u00E0\u05AE\u0300\u0315b")]
    [InlineData("a\u0302\u0301", "\u1EA5")]
    [InlineData("a\u0301\u0302", "\u00E1\u0302")]
    [InlineData("c\u0360\u0327", "\u00E7\u0360")]
    public void Orders_marks_by_class_and_keeps_those_of_one_class_as_they_stood(string text, string expected) => Assert.Equal(expected, Normalize(text));

    [Theory]
    [InlineData("\u0958", "\u0915\u093C")]
    [InlineData("\u0915\u093C", "\u0915\u093C")]
    [InlineData("\u05E9\u05C1", "\u05E9\u05C1")]
    [InlineData("a\u200D\u0301", "a\u200D\u0301")]
    [InlineData("\u09C7\u0301\u09BE", "\u09C7\u0301\u09BE")]
    [InlineData("a\u0305\u0301", "a\u0305\u0301")]
    [InlineData("\u0301\u0301", "\u0301\u0301")]
    public void Leaves_apart_what_is_excluded_or_blocked(string text, string expected) => Assert.Equal(expected, Normalize(text));

    [Theory]
    [InlineData("\u1112\u1161\u11AB\u1100\u1173\u11AF", "한글")]
    [InlineData("하\u11AB", "한")]
    [InlineData("한\u11AB", "한\u11AB")]
    [InlineData("가\u11A7", "가\u11A7")]
    [InlineData("\u1100\u1100\u1161", "\u1100가")]
    [InlineData("\u1113\u1161", "\u1113\u1161")]
    public void Composes_Hangul_by_arithmetic(string text, string expected) => Assert.Equal(expected, Normalize(text));

    [Fact]
    public void Every_Hangul_syllable_survives_its_own_decomposition()
    {
        Span<int> parts = stackalloc int[3];
        for (var syllable = 0xAC00; syllable <= 0xD7A3; syllable++)
        {
            var length = Hangul.Decompose(syllable, parts);
            Assert.True(Hangul.TryCompose(parts[0], parts[1], out var composed));
            Assert.True(length == 2 || Hangul.TryCompose(composed, parts[2], out composed));
            Assert.Equal(syllable, composed);
        }

        Assert.False(Hangul.IsSyllable(0xABFF));
        Assert.False(Hangul.IsSyllable(0xD7A4));
    }

    [Property(MaxTest = 3000)]
    public void A_normal_form_is_its_own_normal_form(byte[] choice)
    {
        var once = Normalize(string.Concat(choice.Select(index => Pieces[index % Pieces.Length])))!;

        Assert.Equal(once, Normalize(once));
    }

    [Fact]
    public void Long_runs_of_marks_are_ordered_like_short_ones()
    {
        var text = "a" + string.Concat(Enumerable.Repeat("\u0360\u0301\u0334", 100));

        Assert.Equal("\u00E1" + new string('\u0334', 100) + new string('\u0301', 99) + new string('\u0360', 100), Normalize(text));
    }

    [Fact]
    public void Refuses_what_does_not_fit_decomposed()
    {
        Assert.False(Nfc.TryNormalize(Domain.CodePoints("\u01D6a"), new int[Nfc.MaxDecomposition], out _));
        Assert.True(Nfc.TryNormalize(Domain.CodePoints("\u01D6"), new int[Nfc.MaxDecomposition], out var length));
        Assert.Equal(1, length);
    }

    private static string? Normalize(string text)
    {
        var codePoints = Domain.CodePoints(text);
        var normalized = new int[(codePoints.Length + 1) * Nfc.MaxDecomposition];
        return Nfc.TryNormalize(codePoints, normalized, out var length) ? Domain.Text(normalized.AsSpan(0, length)) : null;
    }
}
