using System.Buffers.Binary;
using System.Text;

namespace Atlas.Urls;

/// <summary>Which query parameters a canonical form goes without.</summary>
internal sealed class ParameterNames
{
    // Names that say where a visitor came from and nothing else. Not here: ref, source, c, i and the like, which select content on many sites.
    private static readonly string[] Tracking =
    [
        "fbclid", "gclid", "gclsrc", "dclid", "gbraid", "wbraid", "msclkid", "twclid", "ttclid", "li_fat_id", "igshid", "igsh", "yclid", "ysclid",
        "mc_cid", "mc_eid", "_ga", "_gid", "_gl", "_hsenc", "_hsmi", "__hstc", "__hssc", "__hsfp", "hsctatracking", "mkt_tok", "vero_id", "vero_conv",
        "oly_anon_id", "oly_enc_id", "_openstat", "wickedid", "rb_clickid", "s_cid", "ml_subscriber", "ml_subscriber_hash",
    ];

    /// <summary>Bytes of <c>utm_</c>, which only counts with something behind it.</summary>
    private const int UtmLength = 4;

    private readonly bool _dropsTracking;
    private readonly byte[][][] _drop;
    private readonly byte[][][] _keep;

    // For each length of a name, the last entry for all longer ones: the lower five bits of the first bytes with which a dropped name starts, one bit for each.
    // Hardly any name gets past it; upper and lower case share a bit.
    private readonly uint[] _firstBytes;

    public ParameterNames(CanonicalizationRules rules)
    {
        _dropsTracking = rules.DropTracking;
        _drop = ByLength(rules.DropTracking ? [.. Tracking, .. rules.DropParams] : rules.DropParams);
        _keep = ByLength(rules.KeepParams);
        _firstBytes = [.. Enumerable.Range(0, Math.Max(_drop.Length, UtmLength + 1) + 1).Select(FirstBytes)];
    }

    /// <summary>Whether a parameter goes; the name is in its one spelling already.</summary>
    public bool Drops(ReadOnlySpan<byte> name)
    {
        var firstBytes = _firstBytes[Math.Min(name.Length, _firstBytes.Length - 1)];
        return (firstBytes >> (name.IsEmpty ? 0 : name[0] & 31) & 1) != 0 && IsListed(name);
    }

    private bool IsListed(ReadOnlySpan<byte> name)
    {
        var isDropped = (_dropsTracking && IsUtm(name)) || Contains(_drop, name);
        return isDropped && !Contains(_keep, name);
    }

    /// <remarks>The bit that tells lower case from upper case makes no other byte of a spelled name the same as one of these.</remarks>
    private static bool IsUtm(ReadOnlySpan<byte> name) =>
        name.Length > UtmLength && (BinaryPrimitives.ReadUInt32BigEndian(name) | 0x20202020) == (BinaryPrimitives.ReadUInt32BigEndian("utm_"u8) | 0x20202020);

    private uint FirstBytes(int length)
    {
        var names = length < _drop.Length ? _drop[length] : [];
        var utm = _dropsTracking && length > UtmLength ? 1u << ('u' & 31) : 0;
        return names.Aggregate(utm, (bits, name) => bits | 1u << (name.Length == 0 ? 0 : name[0] & 31));
    }

    private static bool Contains(byte[][][] names, ReadOnlySpan<byte> name)
    {
        if (name.Length >= names.Length)
            return false;
        foreach (var candidate in names[name.Length])
        {
            if (Ascii.EqualsIgnoreCase(candidate, name))
                return true;
        }

        return false;
    }

    private static byte[][][] ByLength(IReadOnlyList<string> names)
    {
        var spelled = names.Select(Spell).ToList();
        var longest = spelled.Count == 0 ? 0 : spelled.Max(name => name.Length);
        return Enumerable.Range(0, longest + 1).Select(length => spelled.Where(name => name.Length == length).ToArray()).ToArray();
    }

    private static byte[] Spell(string name)
    {
        var bytes = Encoding.UTF8.GetBytes(name);
        var spelled = new byte[bytes.Length * 3];
        return spelled[..PercentEncoding.Normalize(bytes, spelled)];
    }
}
