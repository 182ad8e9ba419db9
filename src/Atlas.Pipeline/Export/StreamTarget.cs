namespace Atlas.Pipeline.Export;

/// <summary>All of an export to one stream, as standard output.</summary>
/// <param name="output">Stays its owner's.</param>
internal sealed class StreamTarget(Stream output) : IExportTarget
{
    private const int BufferBytes = 256 * 1024;

    private readonly BufferedStream _buffered = new(output, BufferBytes);

    public bool TakesMany => false;

    public string? Name => null;

    public Stream Begin() => _buffered;

    public void Complete() => _buffered.Flush();

    /// <summary>What is still in the buffer belongs to an export that failed.</summary>
    public void Dispose()
    {
    }
}
