using System.Buffers.Binary;
using System.Text;
using FsCheck.Xunit;

namespace Atlas.Pipeline.Tests;

public sealed class FingerprintTests
{
    // The point at which this process evaluates: between two texts of one block that differ by the element 1.
    private static readonly UInt128 Point = Fingerprint.Of(Block(1)) ^ Fingerprint.Of(Block(0));

    [Fact]
    public void It_is_the_polynomial_of_the_length_and_the_blocks_whatever_the_length()
    {
        Assert.SkipUnless(Fingerprint.IsSupported, "The processor does not multiply polynomials.");
        var text = new byte[700];
        new Random(1).NextBytes(text);
        for (var length = 0; length <= text.Length; length++)
            Assert.Equal(Plain(text.AsSpan(0, length)), Fingerprint.Of(text.AsSpan(0, length)));
    }

    [Property]
    public bool Texts_are_equal_when_their_fingerprints_are(string one, string other)
    {
        Assert.SkipUnless(Fingerprint.IsSupported, "The processor does not multiply polynomials.");
        var (a, b) = (Encoding.UTF8.GetBytes(one ?? ""), Encoding.UTF8.GetBytes(other ?? ""));
        return (Fingerprint.Of(a) == Fingerprint.Of(b)) == a.AsSpan().SequenceEqual(b) && Fingerprint.Of(a) == Fingerprint.Of([.. a]);
    }

    [Fact]
    public void Every_bit_and_every_byte_of_the_length_counts()
    {
        Assert.SkipUnless(Fingerprint.IsSupported, "The processor does not multiply polynomials.");
        var text = new byte[300];
        var all = new HashSet<UInt128>();
        for (var length = 0; length <= text.Length; length++)
            Assert.True(all.Add(Fingerprint.Of(text.AsSpan(0, length))), $"{length} zeros");
        for (var bit = 0; bit < text.Length * 8; bit++)
        {
            text[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.True(all.Add(Fingerprint.Of(text)), $"bit {bit}");
            text[bit / 8] = 0;
        }
    }

    // Horner's rule, bit by bit. Before each eight blocks stands a coefficient of its own: the length, then what the eight before gave.
    private static UInt128 Plain(ReadOnlySpan<byte> text)
    {
        var sum = Times((UInt128)text.Length, Point);
        var whole = text.Length < 16 ? 0 : (text.Length - 1) / 16;
        for (var i = 0; i < whole; i++)
        {
            sum = Times(sum ^ BinaryPrimitives.ReadUInt128LittleEndian(text.Slice(16 * i, 16)), Point);
            if (i % 8 == 7)
                sum = Times(sum, Point);
        }

        Span<byte> last = stackalloc byte[16];
        (text.Length < 16 ? text : text[^16..]).CopyTo(last);
        return Times(sum ^ BinaryPrimitives.ReadUInt128LittleEndian(last), Point);
    }

    private static UInt128 Times(UInt128 one, UInt128 other)
    {
        var product = UInt128.Zero;
        for (var bit = 127; bit >= 0; bit--)
        {
            product = (product << 1) ^ ((product >> 127) * 0x87);
            if (((one >> bit) & 1) == 1)
                product ^= other;
        }

        return product;
    }

    private static byte[] Block(byte first) => [first, .. new byte[15]];
}
