namespace Atlas.Urls.Tests;

public sealed class RedactionTests
{
    [Theory]
    [InlineData("http://user:secret@example.org/a@b", "http://***@example.org/a@b")]
    [InlineData("https:\\\\user@example.org?q=a@b", "https:\\\\***@example.org?q=a@b")]
    [InlineData("http://a@b@example.org", "http://***@example.org")]
    [InlineData("user:secret", "user:secret")]
    [InlineData("http://example.org/@user", "http://example.org/@user")]
    [InlineData("mailto:somebody@example.org", "mailto:***@example.org")]
    [InlineData("//token@example.org:8080/a", "//***@example.org:8080/a")]
    [InlineData("token@example.org:8080/a", "***@example.org:8080/a")]
    [InlineData(" \\\\user:secret@example.org", " \\\\***@example.org")]
    [InlineData("http:/\t/user:secret@example.org/", "http:/\t/***@example.org/")]
    [InlineData("ht\ntp:user:secret@example.org/", "ht\ntp:***@example.org/")]
    [InlineData("http://user:sec/ret@example.org/", "http://***@example.org/")]
    [InlineData("http://user:sec#ret@example.org/", "http://***@example.org/")]
    [InlineData("http://user:sec?r@t@example.org/", "http://***@example.org/")]
    [InlineData("http://example.org:80/@user", "http://example.org:80/@user")]
    [InlineData("http://[::1]/@user", "http://[::1]/@user")]
    [InlineData("example.org/a:b@c", "example.org/a:b@c")]
    [InlineData("", "")]
    public void Names_and_passwords_are_not_shown(string url, string shown) => Assert.Equal(shown, Redaction.Of(url));
}
