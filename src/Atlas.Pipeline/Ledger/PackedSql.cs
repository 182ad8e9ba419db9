namespace Atlas.Pipeline.Ledger;

/// <summary>Expressions that read a packed column in SQL. Bytes count from 0, as where they are written.</summary>
internal static class PackedSql
{
    /// <summary>As everywhere else in the ledger: 32 lower-case digits.</summary>
    public static string ContentId(string packed) => $"lower(hex(substr({packed}, 1, 16)))";

    /// <summary>Bytes in upper-case digits.</summary>
    public static string Hex(string packed, int start, int bytes) => $"hex(substr({packed}, {start + 1}, {bytes}))";

    /// <summary>The number that some big-endian bytes are, eight at most; SQL has no function for it, so digit by digit.</summary>
    public static string Number(string packed, int start, int bytes) =>
        "(" + string.Join(" + ", Enumerable.Range(0, 2 * bytes).Select(digit =>
            $"((instr('0123456789ABCDEF', substr({Hex(packed, start, bytes)}, {digit + 1}, 1)) - 1) << {(2 * bytes - 1 - digit) * 4})")) + ")";

    /// <summary>Unix milliseconds from eight bytes, of which the low six hold all there is.</summary>
    public static string Time(string packed, int start) => Number(packed, start + 2, 6);
}
