namespace Atlas.Pipeline.Fetch;

/// <summary>The guard refused to dial.</summary>
internal sealed class ConnectRefusedException(Reason reason, string message) : FetchFailedException(reason, message);
