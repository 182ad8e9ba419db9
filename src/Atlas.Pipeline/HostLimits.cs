namespace Atlas.Pipeline;

/// <summary>How politely one host is asked. Set at the fetch stage, kept by the buffer.</summary>
/// <param name="Concurrency">Requests to one host at the same time, from 1.</param>
/// <param name="Delay">Least time between the starts of two requests to one host.</param>
internal sealed record HostLimits(int Concurrency, TimeSpan Delay);
