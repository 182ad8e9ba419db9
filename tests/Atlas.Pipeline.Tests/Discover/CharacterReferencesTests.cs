using System.Text;
using Atlas.Pipeline.Discover;
using FsCheck.Xunit;

namespace Atlas.Pipeline.Tests.Discover;

public sealed class CharacterReferencesTests
{
    [Theory]
    [InlineData("/a?b=1&amp;c=2", "/a?b=1&c=2")]
    [InlineData("/a?b=1&c=2&", "/a?b=1&c=2&")]
    [InlineData("/a?x=1&copy=2&notit;=3", "/a?x=1&copy=2&notit;=3")]
    [InlineData("&amp", "&")]
    [InlineData("&amp/x", "&/x")]
    [InlineData("&amp=x&ampx", "&amp=x&ampx")]
    [InlineData("&AMP;&Amp;", "&&Amp;")]
    [InlineData("&sol;&colon;&period;&nGt;", "/:.≫⃒")]
    [InlineData("&#47;&#x2f;&#X2F", "///")]
    [InlineData("&#128;&#0;&#xD800;&#x110000;&#99999999999999999999;", "€\uFFFD\uFFFD\uFFFD\uFFFD")]
    [InlineData("&#;&#x;&;&", "&#;&#x;&;&")]
    [InlineData("&CounterClockwiseContourIntegral;", "∳")]
    [InlineData("ü&uuml;", "üü")]
    public void Reads_references_in_attributes_as_the_standard_does(string value, string meant) => Assert.Equal(meant, Decode(Encoding.UTF8.GetBytes(value)));

    [Property(MaxTest = 1_000)]
    public void Takes_any_bytes_and_needs_no_more_than_twice_their_room(byte[] seed)
    {
        string[] pieces = ["&", "#", "x", ";", "amp", "nGt", "9", "F", "=", "\u0080"];

        foreach (var value in new[] { seed, Encoding.UTF8.GetBytes(string.Concat(seed.Select(at => pieces[at % pieces.Length]))) })
            Assert.InRange(CharacterReferences.Decode(value, new byte[2 * value.Length]), 0, 2 * value.Length);
    }

    private static string Decode(byte[] value)
    {
        var to = new byte[2 * value.Length];
        return Encoding.UTF8.GetString(to, 0, CharacterReferences.Decode(value, to));
    }
}
