using System.Buffers.Binary;

namespace Atlas.Urls.Idna;

/// <summary>What the Unicode Character Database 17.0 and UTS #46 say of each code point, from the embedded <c>idna-17.0.bin</c>; README.md describes its format. Immutable.</summary>
internal sealed class IdnaTable
{
    private const string Resource = "idna-17.0.bin";

    private readonly CodePointTrie<byte> _kinds;
    private readonly uint[] _traits;
    private readonly CodePointTrie<ushort> _places;
    private readonly char[] _pool;
    private readonly ulong[] _pairs;
    private readonly int[] _composites;

    private IdnaTable(ReadOnlySpan<byte> file)
    {
        if (!file.StartsWith("IDNA\x11\0"u8) || file[6] != 1 << CodePointTrie<byte>.BlockBits)
            throw new InvalidDataException($"{Resource} is no table of Unicode 17.0 in blocks of {1 << CodePointTrie<byte>.BlockBits}; make unicode-tables writes it.");

        var rest = file[8..];
        _kinds = new(Read16(ref rest), Read16(ref rest), Section(ref rest, 1).ToArray());
        _traits = Read32(ref rest);
        _places = new(Read16(ref rest), Read16(ref rest), Read16(ref rest));
        _pool = Array.ConvertAll(Read16(ref rest), unit => (char)unit);

        var triples = Read32(ref rest);
        _pairs = new ulong[triples.Length / 3];
        _composites = new int[_pairs.Length];
        for (var i = 0; i < _pairs.Length; i++)
        {
            _pairs[i] = Pair((int)triples[3 * i + 1], (int)triples[3 * i]);
            _composites[i] = (int)triples[3 * i + 2];
        }
    }

    /// <summary>Read once, at first use: about 90 KB.</summary>
    public static IdnaTable Instance { get; } = Load();

    public CodePointTraits TraitsOf(int codePoint) => new(_traits[_kinds[codePoint]]);

    /// <summary>The mapping of a mapped code point (all of it valid), the full canonical decomposition of a valid one; empty if it stays as it is, and for Hangul.</summary>
    public ReadOnlySpan<char> ReplacementOf(int codePoint)
    {
        var place = _places[codePoint];
        return _pool.AsSpan(place + 1 - (place == 0 ? 1 : 0), _pool[place]);
    }

    /// <summary>The primary composite of two code points; Hangul apart.</summary>
    public bool TryCompose(int first, int second, out int composite)
    {
        var place = _pairs.AsSpan().BinarySearch(Pair(first, second));
        composite = place < 0 ? 0 : _composites[place];
        return place >= 0;
    }

    private static ulong Pair(int first, int second) => (ulong)second << 32 | (uint)first;

    private static IdnaTable Load()
    {
        using var stream = typeof(IdnaTable).Assembly.GetManifestResourceStream(Resource) ?? throw new InvalidDataException($"{Resource} is not embedded.");
        var file = new byte[stream.Length];
        stream.ReadExactly(file);
        return new(file);
    }

    private static ushort[] Read16(ref ReadOnlySpan<byte> rest)
    {
        var section = Section(ref rest, sizeof(ushort));
        var values = new ushort[section.Length / sizeof(ushort)];
        for (var i = 0; i < values.Length; i++)
            values[i] = BinaryPrimitives.ReadUInt16LittleEndian(section[(i * sizeof(ushort))..]);
        return values;
    }

    private static uint[] Read32(ref ReadOnlySpan<byte> rest)
    {
        var section = Section(ref rest, sizeof(uint));
        var values = new uint[section.Length / sizeof(uint)];
        for (var i = 0; i < values.Length; i++)
            values[i] = BinaryPrimitives.ReadUInt32LittleEndian(section[(i * sizeof(uint))..]);
        return values;
    }

    /// <summary>Takes the next section: its length in elements, then the elements.</summary>
    private static ReadOnlySpan<byte> Section(ref ReadOnlySpan<byte> rest, int width)
    {
        var length = BinaryPrimitives.ReadInt32LittleEndian(rest) * width;
        var section = rest.Slice(sizeof(int), length);
        rest = rest[(sizeof(int) + length)..];
        return section;
    }
}
