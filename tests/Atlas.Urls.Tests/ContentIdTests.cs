using System.Security.Cryptography;
using System.Text;
using FsCheck.Xunit;

namespace Atlas.Urls.Tests;

public sealed class ContentIdTests
{
    [Theory]
    [InlineData("", "e3b0c44298fc1c149afbf4c8996fb924")]
    [InlineData("abc", "ba7816bf8f01cfea414140de5dae2223")]
    public void Is_the_first_half_of_the_published_SHA_256_vectors(string canonical, string expected)
    {
        var id = ContentId.Of(Encoding.UTF8.GetBytes(canonical));

        Assert.Equal(expected, ContentId.ToHex(id));
    }

    [Property]
    public void Is_what_the_framework_computes_for_any_bytes_of_any_length(byte[] bytes, byte repeats)
    {
        var canonical = Enumerable.Repeat(bytes, repeats).SelectMany(part => part).ToArray();

        var id = ContentId.Of(canonical);

        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(canonical)[..16]), ContentId.ToHex(id));
    }
}
