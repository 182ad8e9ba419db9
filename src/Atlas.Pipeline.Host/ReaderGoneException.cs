namespace Atlas.Pipeline.Host;

/// <summary>Who was reading standard output has seen enough, as <c>head</c> has.</summary>
internal sealed class ReaderGoneException() : IOException("Standard output: its reader has left.");
