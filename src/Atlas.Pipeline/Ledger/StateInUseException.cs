namespace Atlas.Pipeline.Ledger;

/// <summary>Another process works on this state directory, or may do so; or something was begun there that has to come to its end first.</summary>
internal sealed class StateInUseException : Exception
{
    /// <param name="directory">The state directory.</param>
    public static StateInUseException Of(string directory) => new($"The state directory {directory} is in use by another process: a run, or a command that changes it. Let it end, or end it (the first Ctrl-C or SIGTERM drains it and loses nothing), and try again; what only asks works meanwhile.");

    private StateInUseException(string message)
        : base(message)
    {
    }

    public static StateInUseException LockIsGone(string file) => new(
        $"The state is in use by another process, or may be: {file} was deleted or replaced while this run held it. Nothing more is written; start again when no other process works there.");

    /// <param name="file">A database that is not ours.</param>
    public static StateInUseException Database(string file) => new($"{file} is in use by another process. Stop the program that works on it, and do this again.");

    /// <param name="directory">The state directory.</param>
    /// <param name="plan">The plan that was begun.</param>
    public static StateInUseException Migrating(string directory, string plan) => new(
        $"A migration into {directory} has begun and has not come to its end: nothing else may change what is there. Finish it with: atlas migrate apply {plan}, or take it back with: atlas migrate rollback --state {directory}");

    /// <param name="directory">The state directory.</param>
    /// <param name="migration">Which one.</param>
    public static StateInUseException TakenBack(string directory, string migration) => new(
        $"Migration {migration} is being taken back from {directory}, and that has not come to its end: nothing else may change what is there. Finish it with: atlas migrate rollback --state {directory}");
}
