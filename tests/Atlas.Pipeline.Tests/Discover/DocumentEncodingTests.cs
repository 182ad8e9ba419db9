using System.Text;
using Atlas.Pipeline.Discover;

namespace Atlas.Pipeline.Tests.Discover;

public sealed class DocumentEncodingTests
{
    [Theory]
    [InlineData("", "", "")]
    [InlineData("", "text/html; charset=utf-8", "")]
    [InlineData("", "text/html; charset=\"ISO-8859-1\"", "windows-1252")]
    [InlineData("", "text/html;charset = shift_jis", "shift_jis")]
    [InlineData("", "text/html; charset=gb2312", "gb18030")]
    [InlineData("", "text/html; charset=windows-1251", "windows-1251")]
    [InlineData("", "text/html; charset=utf-7", "")]
    [InlineData("", "text/html; charset=no-such", "")]
    [InlineData("", "text/html; charset=", "")]
    [InlineData("<meta charset=koi8-r>", "", "koi8-r")]
    [InlineData("<META HTTP-EQUIV='Content-Type' CONTENT='text/html; charset=euc-jp'>", "", "euc-jp")]
    [InlineData("<meta content='text/html; charset=euc-jp'>", "", "")]
    [InlineData("<!-- <meta charset=koi8-r> -->", "", "")]
    [InlineData("<meta charset=koi8-r>", "text/html; charset=utf-8", "")]
    [InlineData("<meta charset=utf-16>", "", "")]
    [InlineData("\uFEFF<meta charset=koi8-r>", "text/html; charset=koi8-r", "")]
    public void Goes_by_mark_then_header_then_meta(string document, string contentType, string encoding) =>
        Assert.Equal(encoding, DocumentEncoding.Of(Encoding.UTF8.GetBytes(document), contentType)?.WebName ?? "");

    [Fact]
    public void Knows_wide_encodings_by_their_mark()
    {
        Assert.True(DocumentEncoding.IsWide(DocumentEncoding.Of([0xFF, 0xFE, 0x3C, 0], "")!));
        Assert.True(DocumentEncoding.IsWide(DocumentEncoding.Of([0xFE, 0xFF, 0, 0x3C], "text/html; charset=utf-8")!));
        Assert.True(DocumentEncoding.IsWide(DocumentEncoding.Of("<"u8, "text/html; charset=iso-2022-jp")!));
    }
}
