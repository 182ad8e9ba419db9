using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;

namespace Atlas.Urls.Idna;

/// <summary>The URL Standard's "domain to ASCII": UTS #46 with the data of Unicode 17.0, nontransitional, CheckBidi and CheckJoiners on, all else off, and no forbidden domain code point in the result.</summary>
/// <remarks>The standard knows no longest name; a name beyond <see cref="MaxAsciiLength"/> is refused here, as early as it must become one, so that no input takes long. Empty labels and labels over 63 bytes pass.</remarks>
internal static class Uts46
{
    /// <summary>The longest result, in bytes: what DNS can hold (253) and the root's dot.</summary>
    public const int MaxAsciiLength = 254;

    /// <summary>The longest input, in bytes. Only a name with hundreds of code points that mapping removes could need more.</summary>
    public const int MaxInputLength = MaxAsciiLength * 12;

    // Each code point of NFC needs a byte of the result and comes from at most so many, so a longer text need not be normalized.
    private const int MaxDecomposed = (MaxAsciiLength + 1) * Nfc.MaxDecomposition;

    private static readonly IdnaTable Table = IdnaTable.Instance;
    private static readonly SearchValues<byte> Forbidden = SearchValues.Create(
        [.. Enumerable.Range(0, 0x21).Select(control => (byte)control), .. "#/:<>?@[\\]^|%\x7F"u8]);

    /// <summary>Writes the ASCII form of a host whose percent-encoding is already undone. False, and a length of 0, if it has none or it does not fit.</summary>
    public static bool TryToAscii(ReadOnlySpan<byte> utf8Host, Span<byte> ascii, out int length)
    {
        length = 0;
        if (ascii.Length > MaxAsciiLength)
            ascii = ascii[..MaxAsciiLength];
        var isWritten = utf8Host.Length <= MaxInputLength
            && (NeedsProcessing(utf8Host) ? TryProcess(utf8Host, ascii, out length) : Ascii.ToLower(utf8Host, ascii, out length) == OperationStatus.Done);
        if (isWritten && length > 0 && !ascii[..length].ContainsAny(Forbidden))
            return true;

        length = 0;
        return false;
    }

    private static bool NeedsProcessing(ReadOnlySpan<byte> host)
    {
        if (!Ascii.IsValid(host))
            return true;
        foreach (var label in host.Split((byte)'.'))
            if (host[label] is [(byte)'x' or (byte)'X', (byte)'n' or (byte)'N', (byte)'-', (byte)'-', ..])
                return true;
        return false;
    }

    /// <summary>The steps of UTS #46 section 4; what they record as an error is refused at once.</summary>
    [SkipLocalsInit]
    private static bool TryProcess(ReadOnlySpan<byte> host, Span<byte> ascii, out int length)
    {
        length = 0;
        Span<int> mapped = stackalloc int[MaxDecomposed];
        if (!TryMap(host, mapped, out var count, out var isStable))
            return false;

        Span<int> normalized = stackalloc int[MaxDecomposed];
        if (isStable)
            normalized = mapped;
        else if (!Nfc.TryNormalize(mapped[..count], normalized, out count))
            return false;
        if (count > MaxAsciiLength)
            return false;

        Span<int> unicode = stackalloc int[MaxAsciiLength];
        return TryConvert(normalized[..count], unicode, out var unicodeLength)
            && ObeysBidiRule(unicode[..unicodeLength])
            && TryWrite(unicode[..unicodeLength], ascii, out length);
    }

    private static bool TryMap(ReadOnlySpan<byte> host, Span<int> mapped, out int length, out bool isStable)
    {
        length = 0;
        isStable = true;
        while (!host.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(host, out var rune, out var consumed) != OperationStatus.Done)
                return false;
            host = host[consumed..];

            var traits = Table.TraitsOf(rune.Value);
            switch (traits.Status)
            {
                case IdnaStatus.Disallowed:
                    return false;
                case IdnaStatus.Valid:
                    if (length == mapped.Length)
                        return false;
                    mapped[length++] = rune.Value;
                    isStable &= traits.IsStable;
                    break;
                case IdnaStatus.Mapped:
                    foreach (var part in Table.ReplacementOf(rune.Value).EnumerateRunes())
                    {
                        if (length == mapped.Length)
                            return false;
                        mapped[length++] = part.Value;
                        isStable &= Table.TraitsOf(part.Value).IsStable;
                    }

                    break;
            }
        }

        return true;
    }

    /// <summary>Decodes the labels that are encoded and holds each label to the validity criteria.</summary>
    private static bool TryConvert(ReadOnlySpan<int> domain, Span<int> unicode, out int length)
    {
        length = 0;
        foreach (var range in domain.Split('.'))
        {
            if (range.Start.Value > 0)
                unicode[length++] = '.';

            var label = domain[range];
            if (LabelRules.IsEncoded(label))
            {
                if (LabelRules.IsAscii(label) && Punycode.TryDecode(label[4..], unicode[length..], out var decoded)
                    && LabelRules.AllowDecoded(unicode.Slice(length, decoded)))
                    length += decoded;
                else
                    return false;
            }
            else if (LabelRules.Allow(label))
            {
                label.CopyTo(unicode[length..]);
                length += label.Length;
            }
            else
            {
                return false;
            }
        }

        return true;
    }

    private static bool ObeysBidiRule(ReadOnlySpan<int> domain)
    {
        if (!BidiRule.AppliesTo(domain))
            return true;
        foreach (var label in domain.Split('.'))
            if (!domain[label].IsEmpty && !BidiRule.Allows(domain[label]))
                return false;
        return true;
    }

    private static bool TryWrite(ReadOnlySpan<int> domain, Span<byte> ascii, out int length)
    {
        length = 0;
        foreach (var range in domain.Split('.'))
        {
            if (range.Start.Value > 0 && !TryPut("."u8, ascii, ref length))
                return false;

            var label = domain[range];
            if (LabelRules.IsAscii(label))
            {
                if (label.Length > ascii.Length - length)
                    return false;
                foreach (var letter in label)
                    ascii[length++] = (byte)letter;
            }
            else
            {
                if (!TryPut("xn--"u8, ascii, ref length) || !Punycode.TryEncode(label, ascii[length..], out var encoded))
                    return false;
                length += encoded;
            }
        }

        return true;
    }

    private static bool TryPut(ReadOnlySpan<byte> text, Span<byte> ascii, ref int length)
    {
        if (!text.TryCopyTo(ascii[length..]))
            return false;
        length += text.Length;
        return true;
    }
}
