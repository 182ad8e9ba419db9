using Atlas.Pipeline.DeadLetters;
using FsCheck.Xunit;

namespace Atlas.Pipeline.Tests.DeadLetters;

public sealed class LetterFilterTextTests
{
    [Property(MaxTest = 200)]
    public void A_filter_is_read_back_from_its_text(int seed, string text)
    {
        var filter = LetterBed.AnyFilter(new Random(seed)) with { Text = string.IsNullOrEmpty(text) || text.Any(char.IsSurrogate) ? null : text };

        Assert.True(LetterFilterText.TryParse(filter.ToString(), out var read, out var mistake), mistake);
        Assert.Equal(filter.ToString(), read.ToString());
        Assert.Equal(filter.Text, read.Text);
    }

    [Fact]
    public void The_same_wish_in_other_words_is_the_same_text()
    {
        var one = new LetterFilter { Reasons = [Reason.Timeout, Reason.Http(404), Reason.Timeout], OlderThan = TimeSpan.FromHours(48), Hosts = ["a.test"] };
        var other = new LetterFilter { Reasons = [Reason.Http(404), Reason.Timeout], OlderThan = TimeSpan.FromDays(2), Hosts = ["a.test"] };

        Assert.Equal("reason=http_404,timeout host=a.test older_than=2d", one.ToString());
        Assert.Equal(one.ToString(), other.ToString());
        Assert.Equal("all", LetterFilter.All.ToString());
    }

    [Theory]
    [InlineData("reason=nonsense")]
    [InlineData("host=a/b")]
    [InlineData("older_than=7")]
    [InlineData("min_attempts=0")]
    [InlineData("kind=other")]
    [InlineData("=x")]
    [InlineData("what=ever")]
    public void What_is_no_filter_is_refused(string text)
    {
        Assert.False(LetterFilterText.TryParse(text, out _, out var mistake));
        Assert.Contains(text, mistake, StringComparison.Ordinal);
    }
}
