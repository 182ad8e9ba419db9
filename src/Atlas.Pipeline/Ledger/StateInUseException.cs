namespace Atlas.Pipeline.Ledger;

/// <summary>Another process works on this state directory.</summary>
internal sealed class StateInUseException(string directory, Exception inner)
    : Exception($"The state directory {directory} is in use by another process.", inner);
