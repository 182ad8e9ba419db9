using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace Atlas.Pipeline.Discover;

/// <summary>Character references of HTML (<c>&amp;amp;</c>, <c>&amp;#x2F;</c>) in attribute values, by WHATWG HTML 13.2.5.72 and on, with all of its 2,231 names.</summary>
internal static class CharacterReferences
{
    private const int LongestName = 32;

    /// <summary>What C1 controls are taken to mean: the characters that Windows has in their place (13.2.5.84).</summary>
    private static readonly Rune[] Windows = [.. "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008DŽ\u008F\u0090‘’“”•–—˜™š›œ\u009DžŸ".EnumerateRunes()];

    // Names with their semicolon, and those that may do without it.
    private static readonly FrozenDictionary<string, byte[]>.AlternateLookup<ReadOnlySpan<char>> Names = Load().GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Writes a value with its references replaced.</summary>
    /// <param name="value">UTF-8, or another encoding in which ASCII is ASCII.</param>
    /// <param name="to">At least twice as long.</param>
    /// <returns>Bytes written.</returns>
    public static int Decode(ReadOnlySpan<byte> value, Span<byte> to)
    {
        var length = 0;
        while (value.IndexOf((byte)'&') is >= 0 and var at)
        {
            value[..at].CopyTo(to[length..]);
            length += at;
            value = value[at..];
            var read = value.Length > 1 && value[1] == '#' ? Numeric(value, to[length..], out var written) : Named(value, to[length..], out written);
            if (read == 0)
            {
                to[length] = (byte)'&';
                (read, written) = (1, 1);
            }

            length += written;
            value = value[read..];
        }

        value.CopyTo(to[length..]);
        return length + value.Length;
    }

    private static int Numeric(ReadOnlySpan<byte> value, Span<byte> to, out int written)
    {
        written = 0;
        var isHex = value.Length > 2 && (value[2] | 0x20) == 'x';
        var start = isHex ? 3 : 2;
        var at = start;
        long code = 0;
        for (; at < value.Length && Digit(value[at], isHex) is >= 0 and var digit; at++)
            code = Math.Min((code * (isHex ? 16 : 10)) + digit, 0x110000);
        if (at == start)
            return 0;

        var rune = code is >= 0x80 and < 0xA0 ? Windows[code - 0x80] : code > 0 && Rune.IsValid((int)code) ? new Rune((int)code) : Rune.ReplacementChar;
        written = rune.EncodeToUtf8(to);
        return at < value.Length && value[at] == ';' ? at + 1 : at;
    }

    private static int Digit(byte value, bool isHex) =>
        char.IsAsciiDigit((char)value) ? value - '0' : isHex && char.IsAsciiHexDigit((char)value) ? (value | 0x20) - 'a' + 10 : -1;

    private static int Named(ReadOnlySpan<byte> value, Span<byte> to, out int written)
    {
        Span<char> name = stackalloc char[LongestName];
        var letters = 0;
        while (letters < LongestName - 1 && letters + 1 < value.Length && char.IsAsciiLetterOrDigit((char)value[letters + 1]))
        {
            name[letters] = (char)value[letters + 1];
            letters++;
        }

        written = 0;
        byte[]? found;
        if (letters + 1 < value.Length && value[letters + 1] == ';')
        {
            name[letters] = ';';
            if (Names.TryGetValue(name[..(letters + 1)], out found))
            {
                found.CopyTo(to);
                written = found.Length;
                return letters + 2;
            }
        }

        // Without its semicolon a name counts only where no letter, digit or equals sign follows: "&copy=1" is a parameter. A shorter name is always followed by one.
        if (letters == 0 || (letters + 1 < value.Length && value[letters + 1] == '=') || !Names.TryGetValue(name[..letters], out found))
            return 0;
        found.CopyTo(to);
        written = found.Length;
        return letters + 1;
    }

    private static FrozenDictionary<string, byte[]> Load()
    {
        using var lines = new StreamReader(typeof(CharacterReferences).Assembly.GetManifestResourceStream("character-references.txt")!);
        var names = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        while (lines.ReadLine() is { } line)
        {
            var parts = line.Split(' ');
            names[parts[0]] = Encoding.UTF8.GetBytes(string.Concat(parts.Skip(1).Select(code => char.ConvertFromUtf32(int.Parse(code, NumberStyles.HexNumber, CultureInfo.InvariantCulture)))));
        }

        return names.ToFrozenDictionary(StringComparer.Ordinal);
    }
}
