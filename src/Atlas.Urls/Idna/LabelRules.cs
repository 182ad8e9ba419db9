using System.Runtime.CompilerServices;

namespace Atlas.Urls.Idna;

/// <summary>What a label must be (UTS #46 section 4.1), the Bidi rule apart, which looks at the whole domain first.</summary>
internal static class LabelRules
{
    private static readonly IdnaTable Table = IdnaTable.Instance;

    public static bool IsEncoded(ReadOnlySpan<int> label) => label is ['x', 'n', '-', '-', ..];

    public static bool IsAscii(ReadOnlySpan<int> label) => !label.ContainsAnyExceptInRange(0, 0x7F);

    /// <summary>Judges a label that is in NFC; an empty one is one.</summary>
    public static bool Allow(ReadOnlySpan<int> label)
    {
        if (IsAscii(label))
            return true;
        if (Table.TraitsOf(label[0]).IsMark)
            return false;
        foreach (var codePoint in label)
            if (Table.TraitsOf(codePoint).Status != IdnaStatus.Valid)
                return false;
        return JoinerRule.Allows(label);
    }

    /// <summary>Judges a label that was encoded: there must have been a reason to encode it, and it must be what mapping would have left.</summary>
    public static bool AllowDecoded(ReadOnlySpan<int> label) => !IsAscii(label) && !IsEncoded(label) && Allow(label) && IsNormal(label);

    [SkipLocalsInit]
    private static bool IsNormal(ReadOnlySpan<int> label)
    {
        var isStable = true;
        foreach (var codePoint in label)
            isStable &= Table.TraitsOf(codePoint).IsStable;
        if (isStable)
            return true;

        Span<int> normalized = stackalloc int[(label.Length + 1) * Nfc.MaxDecomposition];
        return Nfc.TryNormalize(label, normalized, out var length) && normalized[..length].SequenceEqual(label);
    }
}
