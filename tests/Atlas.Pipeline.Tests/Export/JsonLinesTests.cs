using System.Text;
using System.Text.Json;
using Atlas.Pipeline.Export;
using FsCheck.Xunit;

namespace Atlas.Pipeline.Tests.Export;

public sealed class JsonLinesTests
{
    [Fact]
    public async Task A_document_is_an_object_with_all_that_is_known()
    {
        await using var bed = new ExportBed();
        await bed.StoreAsync("https://user:secret@a.test/x?b=1&utm_source=y", "h\u00E9llo"u8.ToArray(), etag: "\"e\"");

        var line = Assert.Single(bed.Json().TrimEnd('\n').Split('\n'));

        Assert.DoesNotContain("secret", line, StringComparison.Ordinal);
        var json = JsonDocument.Parse(line).RootElement;
        Assert.Equal("https://***@a.test/x?b=1&utm_source=y", json.GetProperty("url").GetString());
        Assert.Equal("https://a.test/x?b=1&utm_source=y", json.GetProperty("final_url").GetString());
        Assert.Equal(("text", "h\u00E9llo", "utf-8", "\"e\""), (Text(json, "body_encoding"), Text(json, "body"), Text(json, "charset"), Text(json, "etag")));
        Assert.Equal((200, 6, 250), (json.GetProperty("status").GetInt32(), json.GetProperty("bytes").GetInt32(), json.GetProperty("elapsed_ms").GetInt32()));
        Assert.Equal("2026-01-02T03:04:05.678Z", Text(json, "fetched_at"));
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData("h\u00E9llo"u8)), Text(json, "sha256"));
    }

    [Fact]
    public async Task The_canonical_form_is_given_where_it_is_the_one_the_id_is_of()
    {
        await using var bed = new ExportBed();
        await bed.StoreAsync("http://a.test/x", "1"u8.ToArray());
        await bed.StoreAsync("http://A.test/y", "2"u8.ToArray());

        var lines = bed.Json(withBodies: false).TrimEnd('\n').Split('\n').Select(line => JsonDocument.Parse(line).RootElement).ToList();

        Assert.Equal("http://a.test/x", Text(lines[0], "canonical_url"));
        Assert.False(lines[1].TryGetProperty("canonical_url", out _));
        Assert.False(lines[0].TryGetProperty("body", out _));
    }

    [Theory]
    [InlineData("text/plain; charset=\"windows-1251\"", new byte[] { 0xCF, 0xF0 }, "text", "\u041F\u0440")]
    [InlineData("text/plain;charset=utf-8", new byte[] { 0xFF, 0x41 }, "base64", "/0E=")]
    [InlineData("text/plain;charset=nobody-knows", new byte[] { 0x41 }, "base64", "QQ==")]
    [InlineData("text/plain;charset=utf-7", new byte[] { 0x41 }, "base64", "QQ==")]
    [InlineData("", new byte[] { 0xFF, 0xFE, 0x41, 0x00 }, "text", "\uFEFFA")]
    [InlineData("image/png", new byte[] { 0x89, 0x50, 0x4E, 0x47 }, "base64", "iVBORw==")]
    [InlineData("text/html", new byte[0], "text", "")]
    [InlineData("text/plain", new byte[] { 0xE2, 0x82 }, "base64", "4oI=")]
    public async Task A_body_is_text_where_it_is_text_by_its_charset(string contentType, byte[] body, string encoding, string expected)
    {
        await using var bed = new ExportBed();
        await bed.StoreAsync("http://a.test/", body, contentType: contentType);

        var json = JsonDocument.Parse(bed.Json()).RootElement;

        Assert.Equal((encoding, expected), (Text(json, "body_encoding"), Text(json, "body")));
    }

    /// <summary>Letters and base64 groups are parted by the pieces a large body is read in.</summary>
    [Theory]
    [InlineData("text/plain; charset=utf-8")]
    [InlineData("text/plain; charset=utf-16")]
    [InlineData("application/octet-stream; charset=none")]
    public async Task A_large_body_is_the_same_in_pieces(string contentType)
    {
        await using var bed = new ExportBed();
        var text = string.Concat(Enumerable.Repeat("a\u00E9\u20AC\U0001F600\"\n", 3_000));
        await bed.StoreAsync("http://a.test/", (contentType.EndsWith("16", StringComparison.Ordinal) ? Encoding.Unicode : Encoding.UTF8).GetBytes(text), contentType: contentType);

        var json = JsonDocument.Parse(bed.Json(mostHeld: 1_001)).RootElement;

        Assert.Equal(text, Text(json, "body_encoding") == "text" ? Text(json, "body") : Encoding.UTF8.GetString(json.GetProperty("body").GetBytesFromBase64()));
        Assert.Equal(bed.Json(), bed.Json(mostHeld: 1_001));
    }

    [Fact]
    public async Task What_is_damaged_is_left_out_whole()
    {
        await using var bed = new ExportBed();
        await bed.StoreAsync("http://a.test/1", "one"u8.ToArray());
        await bed.StoreAsync("http://a.test/2", "two"u8.ToArray());
        await File.WriteAllBytesAsync(Path.Combine(bed.Bodies, "00000001.seg"), [], TestContext.Current.CancellationToken);
        var damage = new List<string>();

        Assert.Empty(bed.Json(damage: damage));

        Assert.Equal(2, damage.Count);
        Assert.Equal(2, bed.Json(withBodies: false).Count(letter => letter == '\n'));
    }

    [Property]
    public void Any_content_type_has_a_charset_or_none(string contentType) => _ = Charset.DecoderOf(Charset.Of(contentType ?? ""), "abc"u8);

    private static string? Text(JsonElement json, string name) => json.GetProperty(name).GetString();
}
