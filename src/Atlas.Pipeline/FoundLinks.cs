namespace Atlas.Pipeline;

/// <summary>The links that one document brought: made durable with it, and read again as lines.</summary>
/// <param name="Lines">Absolute URLs, each with a line feed behind it.</param>
/// <param name="Depth">How many links they are away from the lines of the input, from 1.</param>
internal sealed record FoundLinks(byte[] Lines, byte Depth);
