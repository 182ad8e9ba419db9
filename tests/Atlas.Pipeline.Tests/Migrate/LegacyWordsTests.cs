using System.Text;
using Atlas.Pipeline.Migrate;

namespace Atlas.Pipeline.Tests.Migrate;

public sealed class LegacyWordsTests
{
    [Fact]
    public void Both_vocabularies_of_the_priority_come_to_one_order_although_they_sort_as_text_otherwise()
    {
        string[] byUrgency = ["100", "critical", "80", "high", "normal", "50", "low", "20", "cleanup", "10", "1"];

        var classes = byUrgency.Select(value => LegacyPriorities.Of(Encoding.UTF8.GetBytes(value))!.Value).ToList();

        Assert.Equal(classes.Order(), classes);
        Assert.Equal(5, classes.Distinct().Count());
    }

    [Theory]
    [InlineData("")]
    [InlineData("asap")]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    public void A_priority_that_nobody_knows_is_none(string value) => Assert.Null(LegacyPriorities.Of(Encoding.UTF8.GetBytes(value)));

    [Theory]
    [InlineData("file_scheme", "", "", "scheme_file")]
    [InlineData("not_found", "permanent", "", "http_404")]
    [InlineData("server_error", "temporary", "502 Server Error: Bad Gateway", "http_502")]
    [InlineData("unknown", "permanent", "HTTP 410: Gone", "http_410")]
    [InlineData("unknown", "permanent", "Row 404 is missing", "unexpected")]
    [InlineData("unknown", "network_error", "", "connect_failed")]
    [InlineData("timeout", "temporary", "HTTP 504 after 30 s", "timeout")]
    [InlineData("rate_limit", "rate_limited", "", "rate_limited")]
    [InlineData("http_418", "", "", "http_418")]
    [InlineData("", "", "", "unexpected")]
    public void A_reason_is_found_by_its_words_and_made_exact_by_a_status(string reason, string type, string error, string expected) =>
        Assert.Equal(expected, LegacyReasons.Of(Encoding.UTF8.GetBytes(reason), Encoding.UTF8.GetBytes(type), Encoding.UTF8.GetBytes(error)).Name);
}
