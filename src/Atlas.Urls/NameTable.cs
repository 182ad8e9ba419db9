using System.Text;

namespace Atlas.Urls;

/// <summary>A set of parameter names, upper and lower case alike. A look at a name that is not in it mostly costs two bit tests.</summary>
internal sealed class NameTable
{
    private readonly byte[][][] _byLength;

    // For each length: which lower five bits the first byte of a name may have, and the last. Upper and lower case share a bit.
    private readonly (uint First, uint Last)[] _ends;

    public NameTable(IEnumerable<string> names)
    {
        var spelled = names.Select(Spell).ToList();
        var longest = spelled.Count == 0 ? -1 : spelled.Max(name => name.Length);
        _byLength = [.. Enumerable.Range(0, longest + 1).Select(length => spelled.Where(name => name.Length == length).ToArray())];
        _ends = [.. _byLength.Select(same => (Bits(same, name => name[0]), Bits(same, name => name[^1])))];
    }

    /// <summary>Whether the name, in its one spelling, is in the set.</summary>
    public bool Contains(ReadOnlySpan<byte> name)
    {
        if (name.Length >= _byLength.Length)
            return false;
        if (!name.IsEmpty)
        {
            var (first, last) = _ends[name.Length];
            if ((first >> (name[0] & 31) & last >> (name[^1] & 31) & 1) == 0)
                return false;
        }

        foreach (var candidate in _byLength[name.Length])
        {
            if (Ascii.EqualsIgnoreCase(candidate, name))
                return true;
        }

        return false;
    }

    private static uint Bits(byte[][] names, Func<byte[], byte> end) =>
        names.Where(name => name.Length > 0).Aggregate(0u, (bits, name) => bits | 1u << (end(name) & 31));

    private static byte[] Spell(string name)
    {
        var bytes = Encoding.UTF8.GetBytes(name);
        var spelled = new byte[bytes.Length * 3];
        return spelled[..PercentEncoding.Normalize(bytes, spelled, PercentEncoding.PlainInQuery)];
    }
}
