using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;

namespace Atlas.Urls;

/// <summary>How each byte is written in one part of a URL.</summary>
internal sealed class ByteSpellings
{
    private const string Unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

    /// <summary>How a byte is written that stood as <c>%XX</c>: bare if it is unreserved.</summary>
    public static readonly Entries Decoded = Encode(Encoding.ASCII.GetBytes(Unreserved));

    /// <summary>How a byte is written that stood bare.</summary>
    public readonly Entries Raw;

    /// <param name="reserved">What stands for itself besides the unreserved characters.</param>
    /// <param name="slashes">Other spellings of the slash.</param>
    public ByteSpellings(string reserved, string slashes = "")
    {
        var plain = Encoding.ASCII.GetBytes(Unreserved + reserved);
        Plain = SearchValues.Create(plain);
        Raw = Encode(plain);
        foreach (var slash in slashes)
            Raw[slash] = new Entry('/', 1);
    }

    /// <summary>The bytes that stand for themselves.</summary>
    public SearchValues<byte> Plain { get; }

    private static Entries Encode(byte[] plain)
    {
        var entries = default(Entries);
        for (var value = 0; value <= byte.MaxValue; value++)
        {
            var digits = value.ToString("X2", System.Globalization.CultureInfo.InvariantCulture);
            entries[value] = plain.Contains((byte)value) ? new Entry((uint)value, 1) : new Entry('%' | (uint)digits[0] << 8 | (uint)digits[1] << 16, 3);
        }

        return entries;
    }

    /// <summary>One for each byte, so that none needs a look at the bounds.</summary>
    [InlineArray(byte.MaxValue + 1)]
    internal struct Entries
    {
        private Entry _first;
    }

    /// <summary>One byte's spelling.</summary>
    /// <param name="Text">Its bytes, the first in the lowest eight bits.</param>
    /// <param name="Length">How many they are: 1 or 3.</param>
    internal readonly record struct Entry(uint Text, int Length);
}
