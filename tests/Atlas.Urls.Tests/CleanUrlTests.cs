using System.Text;

namespace Atlas.Urls.Tests;

public sealed class CleanUrlTests
{
    [Theory]
    [InlineData("https://www.example.org/section/7/article-9?id=9&lang=en&view=full", "http://www.example.org/section/7/article-9?id=9&lang=en&view=full")]
    [InlineData("https://www.example.org/section/7/article-9?view=full&id=9&lang=en", "http://www.example.org/section/7/article-9?id=9&lang=en&view=full")]
    [InlineData("https://www.example.org/section/7/article-9?view=full&utm_source=x&&id=9#top", "http://www.example.org/section/7/article-9?id=9&view=full")]
    [InlineData("http://www.example.org/section/7/article-9/?utm_source=x", "http://www.example.org/section/7/article-9/")]
    [InlineData("http://www.example.org/a%20b/%C3%A9/%3F?x%5B%5D=%26&view=1", "http://www.example.org/a%20b/%C3%A9/%3F?view=1&x%5B%5D=%26")]
    [InlineData("http://very-long-host-name.example.org", "http://very-long-host-name.example.org/")]
    public void Ordinary_urls_need_no_careful_way(string url, string expected)
    {
        var bytes = Encoding.UTF8.GetBytes(url);
        var to = new byte[Canonicalizer.MaxLength(bytes.Length)];

        Assert.True(CleanUrl.TryWrite(bytes, to, foldScheme: true, new ParameterNames(new CanonicalizationRules()), out var result));
        Assert.Equal(expected, Encoding.UTF8.GetString(to, 0, result.Length));
    }

    [Fact]
    public void A_place_that_has_no_room_for_a_block_is_left_to_the_careful_way()
    {
        var url = "http://h/a"u8.ToArray();

        Assert.False(CleanUrl.TryWrite(url, new byte[Canonicalizer.MaxLength(url.Length)], foldScheme: true, new ParameterNames(new CanonicalizationRules()), out _));
    }
}
