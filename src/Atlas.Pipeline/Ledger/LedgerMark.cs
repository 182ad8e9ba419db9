using System.Globalization;
using System.Text;

namespace Atlas.Pipeline.Ledger;

/// <summary>Which ledger a state directory was last worked on with, and how far that had come: what the lock's file holds, so that a ledger that lost commits behind our back is noticed.</summary>
/// <remarks>Written after each commit and not synced: after a power failure it may be older than the ledger, and never newer.</remarks>
/// <param name="LedgerId">The ledger's own name, 32 hexadecimal digits.</param>
/// <param name="Progress">Rows ever written, lines ever received, documents ever done and documents ever changed, added up: a ledger's commits never make it less.</param>
internal readonly record struct LedgerMark(string LedgerId, long Progress)
{
    /// <summary>Bytes of a mark, always the same, so that one is written over the other.</summary>
    public const int Size = 32 + 1 + 19 + 1;

    /// <summary>The progress of an open ledger.</summary>
    public const string ProgressSql = "SELECT coalesce(sum(value), 0) FROM counters WHERE name IN ('sequence', 'received', 'done', 'changed')";

    public const string LedgerIdSql = "SELECT value FROM meta WHERE name = 'ledger_id'";

    /// <summary>The mark that an open ledger would leave.</summary>
    public static LedgerMark Of(SqlConnection connection) => new(connection.Text(LedgerIdSql), connection.Scalar(ProgressSql));

    /// <summary>Written after every commit, so without an allocation.</summary>
    /// <param name="into"><see cref="Size"/> bytes.</param>
    public void Write(Span<byte> into)
    {
        var end = Encoding.ASCII.GetBytes(LedgerId, into);
        into[end++] = (byte)' ';
        Progress.TryFormat(into[end..], out var digits, "D19", CultureInfo.InvariantCulture);
        into[end + digits] = (byte)'\n';
    }

    /// <summary>Null when it is none: a lock that no ledger was opened with yet.</summary>
    public static LedgerMark? Parse(ReadOnlySpan<byte> bytes)
    {
        var words = Encoding.ASCII.GetString(bytes).Split(' ', '\n');
        return bytes.Length == Size && words is [{ Length: 32 } id, var progress, ""] && long.TryParse(progress, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? new LedgerMark(id, number)
            : null;
    }
}
