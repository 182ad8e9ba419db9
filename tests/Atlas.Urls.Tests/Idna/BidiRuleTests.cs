namespace Atlas.Urls.Tests.Idna;

/// <summary>RFC 5893 section 2, condition by condition.</summary>
public sealed class BidiRuleTests
{
    [Theory]
    [InlineData("אב.example")]
    [InlineData("ابج.example.")]
    [InlineData("א1")]
    [InlineData("ا\u0661")]
    [InlineData("א-ב")]
    [InlineData("א\u05B0")]
    [InlineData("א1\u05B0\u05B0")]
    [InlineData("a1.א")]
    [InlineData("ü.א..b")]
    public void Holds_for_labels_of_one_direction(string host) => Assert.NotNull(Domain.ToAscii(host));

    [Theory]
    [InlineData("1א")]
    [InlineData("-א")]
    [InlineData("\u0661")]
    [InlineData("1a.א")]
    [InlineData("_.א")]
    [InlineData("א.☃")]
    public void Condition_1_each_label_begins_with_a_letter(string host) => Assert.Null(Domain.ToAscii(host));

    [Theory]
    [InlineData("אa")]
    [InlineData("אaב")]
    [InlineData("اaب.com")]
    public void Condition_2_no_left_to_right_letter_in_a_right_to_left_label(string host) => Assert.Null(Domain.ToAscii(host));

    [Theory]
    [InlineData("א-")]
    [InlineData("א☃")]
    [InlineData("א-\u05B0")]
    public void Condition_3_a_right_to_left_label_ends_with_a_letter_or_a_number(string host) => Assert.Null(Domain.ToAscii(host));

    [Theory]
    [InlineData("ا1\u0661")]
    [InlineData("ا\u0661b.com")]
    [InlineData("ا\u06F1\u0661")]
    public void Condition_4_European_and_Arabic_numbers_do_not_mix(string host) => Assert.Null(Domain.ToAscii(host));

    [Theory]
    [InlineData("aא")]
    [InlineData("aאb")]
    [InlineData("a\u0661")]
    public void Condition_5_no_right_to_left_letter_in_a_left_to_right_label(string host) => Assert.Null(Domain.ToAscii(host));

    [Theory]
    [InlineData("a-.א")]
    [InlineData("a☃.א")]
    [InlineData("a_\u0301.א")]
    public void Condition_6_a_left_to_right_label_ends_with_a_letter_or_a_European_number(string host) => Assert.Null(Domain.ToAscii(host));

    [Theory]
    [InlineData("1a.example")]
    [InlineData("a-.ü")]
    [InlineData("1☃")]
    public void A_domain_without_right_to_left_letters_is_not_held_to_it(string host) => Assert.NotNull(Domain.ToAscii(host));

    [Theory]
    [InlineData("xn--4db.1a")]
    [InlineData("1a.xn--4db")]
    public void Encoded_labels_make_a_Bidi_domain_too(string host) => Assert.Null(Domain.ToAscii(host));
}
