namespace Atlas.Pipeline.Ledger;

/// <summary>Another process works on this state directory, or may do so.</summary>
internal sealed class StateInUseException : Exception
{
    public StateInUseException(string directory, Exception inner)
        : base($"The state directory {directory} is in use by another process.", inner)
    {
    }

    private StateInUseException(string message)
        : base(message)
    {
    }

    public static StateInUseException LockIsGone(string file) => new(
        $"The state is in use by another process, or may be: {file} was deleted or replaced while this run held it. Nothing more is written; start again when no other process works there.");
}
