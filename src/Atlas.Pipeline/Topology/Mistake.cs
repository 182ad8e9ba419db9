namespace Atlas.Pipeline.Topology;

/// <summary>One thing that is wrong in a pipeline file, said so that it can be put right.</summary>
/// <param name="File">The file as the user named it.</param>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1.</param>
/// <param name="Path">Where in the file, as <c>stages.dedup.expected_urls</c>; empty for the file as a whole.</param>
/// <param name="Message">What is wrong, the value, the way out: a sentence with a period.</param>
internal sealed record Mistake(string File, int Line, int Column, string Path, string Message)
{
    public override string ToString() =>
        Path.Length == 0 ? $"{File}({Line},{Column}): {Message}" : $"{File}({Line},{Column}): {Path}: {Message}";
}
