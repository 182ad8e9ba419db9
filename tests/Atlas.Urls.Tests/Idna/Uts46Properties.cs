using System.Text;
using Atlas.Urls.Idna;
using FsCheck.Xunit;

namespace Atlas.Urls.Tests.Idna;

public sealed class Uts46Properties
{
    private static readonly string[] Pieces =
    [
        "a", "b", "X", "n", "-", "--", "xn--", "XN--", "0", "9", ".", "。", "_", " ", "%", "é", "ß", "ẞ", "ſ", "K", "ü", "\u0301", "\u0323", "\u0345", "\u00AD", "\u200C", "\u200D", "\uFE0F",
        "א", "ב", "\u05B0", "ب", "ا", "\u0661", "\u06F1", "क", "्", "ष", "\u0958", "가", "\u1100", "\u1161", "\u11A8", "ﷺ", "日本", "。", "😀", "\uFFFD", "\u0378", "bcher-kva", "4db", "ls8h", "！",
    ];

    [Property(MaxTest = 3000)]
    public void Any_bytes_are_judged_without_an_exception(byte[] bytes) => Holds(bytes);

    [Property(MaxTest = 10000)]
    public void Any_text_is_judged_without_an_exception(byte[] choice) => Holds(Encoding.UTF8.GetBytes(Join(choice)));

    [Property(MaxTest = 2000)]
    public void Any_code_points_are_judged_without_an_exception(int[] numbers)
    {
        var text = string.Concat(numbers.Select(number => (int)((uint)number * 2654435761u % 0x110000)).Where(Rune.IsValid).Select(char.ConvertFromUtf32));

        Holds(Encoding.UTF8.GetBytes("a" + text));
    }

    [Fact]
    public void Every_code_point_alone_is_judged_without_an_exception()
    {
        for (var codePoint = 0; codePoint <= 0x10FFFF; codePoint++)
            if (Rune.IsValid(codePoint))
                Holds(Encoding.UTF8.GetBytes(char.ConvertFromUtf32(codePoint)));
    }

    [Property(MaxTest = 3000)]
    public void Upper_and_lower_case_of_ASCII_are_one(byte[] choice)
    {
        var host = Join(choice);

        var lower = Encoding.UTF8.GetBytes(host).Select(value => value is >= (byte)'A' and <= (byte)'Z' ? (byte)(value | 0x20) : value).ToArray();
        var upper = lower.Select(value => value is >= (byte)'a' and <= (byte)'z' ? (byte)(value & ~0x20) : value).ToArray();

        Assert.Equal(Domain.ToAscii(lower), Domain.ToAscii(upper));
    }

    [Property(MaxTest = 2000)]
    public void A_soft_hyphen_anywhere_changes_nothing(byte[] choice, byte place)
    {
        var pieces = choice.Select(index => Pieces[index % Pieces.Length]).Take(20).ToList();
        var plain = Domain.ToAscii(string.Concat(pieces));
        pieces.Insert(place % (pieces.Count + 1), "\u00AD");

        Assert.Equal(plain, Domain.ToAscii(string.Concat(pieces)));
    }

    private static string Join(byte[] choice) => string.Concat(choice.Select(index => Pieces[index % Pieces.Length]));

    /// <summary>What comes out is ASCII in lower case that may stand in a host, and its own ASCII form.</summary>
    private static void Holds(byte[] host)
    {
        if (Domain.ToAscii(host) is not { } ascii)
            return;

        Assert.InRange(ascii.Length, 1, Uts46.MaxAsciiLength);
        Assert.All(ascii, character => Assert.True(character is > ' ' and < '\x7F' and not (>= 'A' and <= 'Z') && !"#/:<>?@[\\]^|%".Contains(character, StringComparison.Ordinal)));
        Assert.Equal(ascii, Domain.ToAscii(ascii));
    }
}
