namespace Atlas.Pipeline.Ledger;

/// <summary>SQLite refused or failed; after a write, nobody knows what is durable, so it is final for the run.</summary>
internal sealed class LedgerException(string message, Exception? inner = null) : Exception(message, inner);
