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

    private readonly bool _dropsTracking;
    private readonly byte[][][] _drop;
    private readonly byte[][][] _keep;

    public ParameterNames(CanonicalizationRules rules)
    {
        _dropsTracking = rules.DropTracking;
        _drop = ByLength(rules.DropTracking ? [.. Tracking, .. rules.DropParams] : rules.DropParams);
        _keep = ByLength(rules.KeepParams);
    }

    /// <summary>Whether a parameter goes; the name is in its one spelling already.</summary>
    public bool Drops(ReadOnlySpan<byte> name)
    {
        var isDropped = Contains(_drop, name) || (_dropsTracking && name.Length > 4 && Ascii.EqualsIgnoreCase(name[..4], "utm_"u8));
        return isDropped && !Contains(_keep, name);
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
