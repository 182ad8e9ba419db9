using System.Buffers.Binary;
using System.Numerics;

namespace Atlas.Urls;

/// <summary>One parameter of a query in its one spelling.</summary>
/// <param name="Key">Eight bytes of the name as a number in the order of names; a shorter name is filled up with zeros, which no name has.</param>
/// <param name="Start">Where it stands in the text.</param>
/// <param name="Length">Name, equals sign and value.</param>
internal readonly record struct QueryPart(ulong Key, int Start, int Length)
{
    /// <summary>Bytes of a name that a key holds.</summary>
    public const int KeyLength = sizeof(ulong);

    /// <summary>Whether the name may be longer than what the key says of it.</summary>
    public bool IsLong => (byte)Key != 0;

    /// <summary>The name, for a part that still has the key of its name's start.</summary>
    public ReadOnlySpan<byte> NameByKeyIn(ReadOnlySpan<byte> text) =>
        IsLong ? NameIn(text) : text.Slice(Start, KeyLength - (BitOperations.TrailingZeroCount(Key) / 8));

    /// <summary>The name.</summary>
    public ReadOnlySpan<byte> NameIn(ReadOnlySpan<byte> text)
    {
        var part = text.Slice(Start, Length);
        var equals = part.IndexOf((byte)'=');
        return equals < 0 ? part : part[..equals];
    }

    /// <summary>The same part with the name's bytes from <paramref name="depth"/> on for a key.</summary>
    public QueryPart Below(int depth, ReadOnlySpan<byte> text) => this with { Key = KeyOf(text, Start + depth, NameIn(text).Length - depth) };

    /// <summary>The key of a name that stands alone.</summary>
    public static ulong KeyOf(ReadOnlySpan<byte> name)
    {
        Span<byte> padded = stackalloc byte[KeyLength];
        padded.Clear();
        name[..Math.Min(name.Length, KeyLength)].CopyTo(padded);
        return BinaryPrimitives.ReadUInt64BigEndian(padded);
    }

    /// <summary>The key of the bytes that stand at a place, of which the first eight count and of those what belongs to the name; the text goes on for eight bytes.</summary>
    public static ulong KeyOf(ReadOnlySpan<byte> text, int start, int length)
    {
        var key = BinaryPrimitives.ReadUInt64BigEndian(text[start..]);
        return length >= KeyLength ? key : key & ~(ulong.MaxValue >> (8 * length));
    }
}
