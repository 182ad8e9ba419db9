using System.Text;

namespace Atlas.Pipeline.AcceptanceTests.Crash;

/// <summary>One point with one source, after all of its kills.</summary>
internal sealed record CrashMatrixRow(CrashPoint Point, bool IsTail, CrashFindings Findings);

/// <summary>docs/crash-matrix.md.</summary>
internal static class CrashMatrixPage
{
    public static string Write(IReadOnlyList<CrashMatrixRow> rows)
    {
        var page = new StringBuilder("""
            # Crash matrix

            What is left when the program is killed with SIGKILL. Written by `make test-crash`, which runs every round of it.

            The program is the real `atlas run` on a disk, a SQLite and a scheduler that kill its process when it comes to the point for the n-th time, n drawn anew for every round; a write at the point is cut in the middle. The last four rows are killed by another process. All rounds of a row go on with the same state. After each the ledger's files are copied and read with plain SQLite, never with the program's own code; at last the shipped program runs to the end of the input, and that is looked at too.

            - *Lost*: acknowledged rows (their COMMIT had returned) and lines before the committed position of their file that are not there; after the last run, any line.
            - *Twice*: rows for a resource that has one already.
            - *Beyond*: rows and counted lines that no committed position covers. With `stdin`, which has no positions, rows that are not those of a beginning of the list.
            - *Damaged*: what SQLite's integrity check finds, and documents whose body is not what its row says.

            | Killed | Source | Kills | Lost | Twice | Beyond | Damaged |
            |---|---|--:|--:|--:|--:|--:|

            """.ReplaceLineEndings("\n"));
        foreach (var row in rows)
            page.Append($"| {row.Point.Moment} | {(row.IsTail ? "`file_tail`" : "`stdin`")} | {row.Point.Rounds} | {row.Findings.Lost} | {row.Findings.Twice} | {row.Findings.Beyond} | {row.Findings.Damaged} |\n");
        var all = rows.Aggregate(new CrashFindings(0, 0, 0, 0, 0), (sum, row) => sum + row.Findings);
        return page.Append($"| all | | {rows.Sum(row => row.Point.Rounds)} | {all.Lost} | {all.Twice} | {all.Beyond} | {all.Damaged} |\n").ToString();
    }
}
