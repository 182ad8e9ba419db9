namespace Atlas.Pipeline.Ledger;

/// <summary>Another process works on this state directory, or may do so.</summary>
internal sealed class StateInUseException : Exception
{
    /// <param name="directory">The state directory.</param>
    public static StateInUseException Of(string directory) => new($"The state directory {directory} is in use by another process.");

    private StateInUseException(string message)
        : base(message)
    {
    }

    public static StateInUseException LockIsGone(string file) => new(
        $"The state is in use by another process, or may be: {file} was deleted or replaced while this run held it. Nothing more is written; start again when no other process works there.");
}
