namespace Atlas.Urls.Tests.Idna;

/// <summary>RFC 5892 appendices A.1 (U+200C) and A.2 (U+200D).</summary>
public sealed class JoinerRuleTests
{
    [Theory]
    [InlineData("क्\u200Cष", "xn--11b2ezcs70k")]
    [InlineData("क्\u200Dष", "xn--11b2ezcw70k")]
    [InlineData("ශ්\u200Dරී.com", "xn--10cl1a0b660p.com")]
    public void A_virama_lets_both_follow(string host, string expected) => Assert.Equal(expected, Domain.ToAscii(host));

    [Theory]
    [InlineData("نامه\u200Cای.com")]
    [InlineData("ب\u200Cب")]
    [InlineData("ب\u064B\u0650\u200C\u064Bب")]
    [InlineData("ب\u200Cا")]
    [InlineData("\uA872\u200C\uA840")]
    [InlineData("ب\u200Cب\u200Cب")]
    public void Letters_that_would_join_may_be_kept_apart(string host) => Assert.NotNull(Domain.ToAscii(host));

    [Theory]
    [InlineData("a\u200Cb")]
    [InlineData("ا\u200Cب")]
    [InlineData("ب\u200Cء")]
    [InlineData("ب\u200C")]
    [InlineData("\u200Cب")]
    [InlineData("\u064B\u200Cب")]
    [InlineData("ب\u200C\u200Cب")]
    [InlineData("ب\u200C.ب")]
    [InlineData("ب\u200Ca\u200Cب")]
    public void Other_letters_may_not(string host) => Assert.Null(Domain.ToAscii(host));

    [Theory]
    [InlineData("a\u200Db")]
    [InlineData("\u200D")]
    [InlineData("ب\u200Dب")]
    [InlineData("क\u200Dष")]
    [InlineData("👨\u200D👩")]
    [InlineData("क्\u200Dष\u200D")]
    public void A_joiner_without_a_virama_before_it_is_refused(string host) => Assert.Null(Domain.ToAscii(host));
}
