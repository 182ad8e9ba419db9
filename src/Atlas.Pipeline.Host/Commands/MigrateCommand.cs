using System.CommandLine;

namespace Atlas.Pipeline.Host.Commands;

/// <summary><c>atlas migrate</c>: brings databases of Atlas v2 in.</summary>
internal static class MigrateCommand
{
    public static Command Create() => new("migrate", """
        Brings legacy Atlas v2 (and v1) databases into a state directory: inventory says what is there, plan decides, apply does it after a verified backup, verify looks for every legacy row, rollback takes it back. A legacy file is never written, except by in-place.
        """)
    {
        MigrateInventoryCommand.Create(),
        MigratePlanCommand.Create(),
        MigrateApplyCommand.Create(),
        MigrateVerifyCommand.Create(),
        MigrateRollbackCommand.Create(),
        MigrateInPlaceCommand.Create(),
    };
}
