namespace Atlas.Pipeline.Ledger;

/// <summary>The state directory holds something that is no ledger this version can work on. Nothing was changed.</summary>
internal sealed class StateDamagedException(string message, Exception? inner = null) : Exception(message, inner);
