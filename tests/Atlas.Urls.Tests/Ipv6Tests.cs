using System.Net;
using System.Text;
using FsCheck.Xunit;

namespace Atlas.Urls.Tests;

public sealed class Ipv6Tests
{
    [Theory]
    [InlineData("::", "::")]
    [InlineData("::1", "::1")]
    [InlineData("1::", "1::")]
    [InlineData("2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1")]
    [InlineData("2001:db8::0001", "2001:db8::1")]
    [InlineData("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1")]
    [InlineData("0:0:1:0:0:0:1:0", "0:0:1::1:0")]
    [InlineData("::ffff:192.0.2.1", "::ffff:c000:201")]
    [InlineData("1:2:3:4:5:6:192.0.2.1", "1:2:3:4:5:6:c000:201")]
    [InlineData("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0")]
    [InlineData("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8")]
    public void An_address_gets_its_shortest_notation(string text, string expected) => Assert.Equal(expected, Spelled(text));

    [Theory]
    [InlineData("")]
    [InlineData(":")]
    [InlineData(":::")]
    [InlineData("1")]
    [InlineData("1:2:3:4:5:6:7")]
    [InlineData("1:2:3:4:5:6:7:8:9")]
    [InlineData("1:2:3:4:5:6:7:8::")]
    [InlineData("1::2::3")]
    [InlineData("12345::")]
    [InlineData("g::")]
    [InlineData("1:")]
    [InlineData(":1")]
    [InlineData("1:2:3:4:5:6:7:192.0.2.1")]
    [InlineData("::192.0.2")]
    [InlineData("::192.0.2.1.1")]
    [InlineData("::192.0.2.256")]
    [InlineData("::192.0.02.1")]
    [InlineData("::192.0.2.1:1")]
    [InlineData("fe80::1%eth0")]
    public void What_is_no_address_is_refused(string text) => Assert.Null(Spelled(text));

    [Property(MaxTest = 5_000)]
    public void Every_address_is_read_as_the_framework_reads_it_and_read_again_as_itself(ulong high, ulong low, ushort zeros)
    {
        // Zeros are what the notation is about, and random pieces hardly ever have one.
        var bytes = new byte[16];
        BitConverter.TryWriteBytes(bytes, high);
        BitConverter.TryWriteBytes(bytes.AsSpan(8), low);
        for (var piece = 0; piece < 8; piece++)
        {
            if ((zeros >> piece & 1) != 0)
                bytes.AsSpan(2 * piece, 2).Clear();
        }

        var text = new IPAddress(bytes).ToString();

        var spelled = Spelled(text);

        Assert.NotNull(spelled);
        Assert.Equal(bytes, IPAddress.Parse(spelled).GetAddressBytes());
        Assert.Equal(spelled, Spelled(spelled));
        Assert.True(spelled.Length <= Ipv6.LongestNotation);
        if (!text.Contains('.', StringComparison.Ordinal))
            Assert.Equal(text, spelled);
    }

    [Property(MaxTest = 5_000)]
    public void Whatever_the_text_it_is_an_address_or_refused(byte[] choice)
    {
        const string Letters = "::::0001fF.25g";
        var text = string.Concat(choice.Select(letter => Letters[letter % Letters.Length]));

        var spelled = Spelled(text);

        if (spelled is not null)
            Assert.Equal(IPAddress.Parse(text).GetAddressBytes(), IPAddress.Parse(spelled).GetAddressBytes());
    }

    private static string? Spelled(string text)
    {
        var address = new byte[16];
        var to = new byte[64];
        return Ipv6.TryParse(Encoding.ASCII.GetBytes(text), address) ? Encoding.ASCII.GetString(to, 0, Ipv6.Write(address, to)) : null;
    }
}
