using System.CommandLine;

namespace Atlas.Pipeline.Host.Commands;

/// <summary><c>atlas dlq</c>: the dead letters as a database to work with.</summary>
internal static class DlqCommand
{
    /// <param name="seams">What replays stand on.</param>
    public static Command Create(Seams seams) => new("dlq", """
        The dead letters of a state directory: lines that were refused, and URLs that were given up. Takes --state DIR or the pipeline's YAML, also while the pipeline runs.
        What is asked is answered from an index beside the ledger (letters/ in the state directory), which is brought up to date first; it is a cache and may be deleted.
        """)
    {
        DlqListCommand.Create(),
        DlqShowCommand.Create(),
        DlqStatsCommand.Create(),
        DlqNoteCommand.Create(),
        DlqReclassifyCommand.Create(),
        DlqReplayCommand.Create(seams),
        DlqExportCommand.Create(),
        DlqImportCommand.Create(),
        DlqPurgeCommand.Create(),
        DlqHoldCommand.Create(),
        DlqHoldCommand.CreateRelease(),
        DlqHistoryCommand.Create(),
    };
}
