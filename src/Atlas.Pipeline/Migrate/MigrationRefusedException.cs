namespace Atlas.Pipeline.Migrate;

/// <summary>What was asked for does not fit what is there: a plan of other files, a rollback over work that was done since. Nothing was changed.</summary>
internal sealed class MigrationRefusedException(string message) : Exception(message);
