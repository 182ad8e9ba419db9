namespace Atlas.Pipeline.Host.Normalizing;

/// <summary>Remembers which line of a file had a key first, and reads it again for a later one.</summary>
/// <param name="file">Can be read anywhere; its position is the same after each call.</param>
internal sealed class FirstLines(Stream file)
{
    /// <summary>Keys that are remembered, about 300 MB; later lines of others are not compared.</summary>
    public const int MostKeys = 4_000_000;

    private const int ShortLine = 1024;

    private readonly Dictionary<UInt128, (long Offset, int Number)> _lines = [];

    /// <summary>Whether a key was not remembered for want of room.</summary>
    public bool IsFull { get; private set; }

    /// <summary>The line that had a key first and its number; null if it is this one, or not remembered.</summary>
    /// <param name="key">The key.</param>
    /// <param name="offset">Where this line starts, in bytes.</param>
    /// <param name="number">Its number, from 1.</param>
    public (byte[] Line, int Number)? Before(UInt128 key, long offset, int number)
    {
        if (_lines.TryGetValue(key, out var first))
            return (Read(first.Offset), first.Number);
        if (_lines.Count < MostKeys)
            _lines.Add(key, (offset, number));
        else
            IsFull = true;
        return null;
    }

    private byte[] Read(long offset)
    {
        var position = file.Position;
        file.Position = offset;
        new LineReader(file, ShortLine).TryRead(out var line);
        file.Position = position;
        return line.ToArray();
    }
}
