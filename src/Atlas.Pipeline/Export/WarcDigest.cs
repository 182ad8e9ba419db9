namespace Atlas.Pipeline.Export;

/// <summary>A SHA-256 as WARC headers carry it: <c>sha256:</c> and base32 with its padding (RFC 4648, 6), which is what readers check; the ledger has this very hash of every body.</summary>
internal static class WarcDigest
{
    private const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    private const int BitsPerLetter = 5;
    private const int LettersPerGroup = 8;

    public static string Of(ReadOnlySpan<byte> sha256)
    {
        var letters = ((sha256.Length * 8) + BitsPerLetter - 1) / BitsPerLetter;
        var text = new char[(letters + LettersPerGroup - 1) / LettersPerGroup * LettersPerGroup];
        Array.Fill(text, '=');
        for (var letter = 0; letter < letters; letter++)
        {
            var bit = letter * BitsPerLetter;
            var pair = (sha256[bit / 8] << 8) | (bit / 8 + 1 < sha256.Length ? sha256[(bit / 8) + 1] : 0);
            text[letter] = Letters[(pair >> (16 - BitsPerLetter - (bit % 8))) & 31];
        }

        return string.Concat("sha256:", text);
    }
}
