namespace Atlas.Pipeline.Ledger;

/// <summary>Links of one document, as lines of the file that all of them make up.</summary>
/// <param name="Start">The first byte, in bytes from the start of that file; behind the place asked for when what stood there was let go.</param>
/// <param name="Depth">How many links they are away from the lines of the input.</param>
/// <param name="Lines">URLs, each with a line feed behind it; not empty.</param>
internal sealed record FoundChunk(long Start, byte Depth, byte[] Lines);
