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
    [InlineData("", "")]
    public void Names_and_passwords_are_not_shown(string url, string shown) => Assert.Equal(shown, Redaction.Of(url));
}
