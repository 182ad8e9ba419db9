using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Atlas.Urls;

/// <summary>The lists of parameter names, upper and lower case alike. A look at a name that is on none mostly costs a multiplication and a load, however many there are.</summary>
internal sealed class NameTable
{
    /// <summary>The bit that tells lower case from upper case. It makes no two bytes that spelled names have the same but for letters, and is in none of the zeros that fill up a key.</summary>
    private const ulong CaseBits = 0x2020202020202020;

    private const ulong Multiplier = 0x9E3779B97F4A7C15;

    // Open addressing; zero where nothing is. Apart from the names, so that a miss reads little memory.
    private readonly ulong[] _keys;
    private readonly (byte[] Name, NameLists Lists)[] _names;
    private readonly int _shift;

    public NameTable(IEnumerable<(string Name, NameLists Lists)> names)
    {
        var spelled = names.GroupBy(entry => Spell(entry.Name), BytesComparer.Instance).ToList();
        var size = (int)BitOperations.RoundUpToPowerOf2((uint)(4 * spelled.Count) | 2);
        _keys = new ulong[size];
        _names = new (byte[], NameLists)[size];
        _shift = 64 - BitOperations.Log2((uint)size);
        foreach (var name in spelled)
        {
            var key = Mix(name.Key, QueryPart.KeyOf(name.Key));
            var slot = Slot(key);
            while (_keys[slot] != 0)
                slot = (slot + 1) & (size - 1);
            _keys[slot] = key;
            _names[slot] = (name.Key, name.Aggregate(NameLists.None, (lists, entry) => lists | entry.Lists));
        }
    }

    /// <summary>The first eight bytes of every name.</summary>
    public IEnumerable<ulong> Keys => _names.Where(entry => entry.Name is not null).Select(entry => QueryPart.KeyOf(entry.Name));

    /// <summary>The lists that a name in its one spelling is on.</summary>
    /// <param name="name">The name.</param>
    /// <param name="key">Its first eight bytes: <see cref="QueryPart.Key"/>.</param>
    public NameLists Find(ReadOnlySpan<byte> name, ulong key)
    {
        var mixed = Mix(name, key);
        for (var slot = Slot(mixed); _keys[slot] != 0; slot = (slot + 1) & (_keys.Length - 1))
        {
            // Eight bytes are the whole of a short name.
            if (_keys[slot] == mixed && _names[slot].Name.Length == name.Length && (name.Length <= QueryPart.KeyLength || Ascii.EqualsIgnoreCase(_names[slot].Name, name)))
                return _names[slot].Lists;
        }

        return NameLists.None;
    }

    private static ulong Mix(ReadOnlySpan<byte> name, ulong key) => name.Length <= QueryPart.KeyLength
        ? key | CaseBits
        : ((key | CaseBits) * Multiplier) ^ (BinaryPrimitives.ReadUInt64BigEndian(name[^QueryPart.KeyLength..]) | CaseBits) | 1;

    private static byte[] Spell(string name)
    {
        var bytes = Encoding.UTF8.GetBytes(name);
        var spelled = new byte[bytes.Length * 3 + 1];
        var length = PercentEncoding.Normalize(bytes, spelled, PercentEncoding.InQuery);
        Ascii.ToLowerInPlace(spelled.AsSpan(0, length), out _);
        return spelled[..length];
    }

    private int Slot(ulong key) => (int)((key * Multiplier) >> _shift);
}
