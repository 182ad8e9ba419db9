using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Persist;

/// <summary>Reads bodies back from the places the ledger remembers. Keeps the file of the last read open, as neighbours lie in one; changes nothing. One caller at a time.</summary>
internal sealed class SegmentReader(string directory, IDisk disk) : IDisposable
{
    private IDiskFile? _file;
    private int _segment;

    /// <summary>What lies at a place, whole.</summary>
    /// <exception cref="InvalidDataException">The segment is missing, cannot be read, or ends inside.</exception>
    public byte[] Read(BodyPlace place)
    {
        var bytes = new byte[place.Length];
        Read(place, 0, bytes);
        return bytes;
    }

    /// <summary>A part of what lies at a place.</summary>
    /// <param name="place">Where the ledger says it lies.</param>
    /// <param name="from">The part's first byte, from the start of the place.</param>
    /// <param name="part">Is filled.</param>
    /// <exception cref="InvalidDataException">As above.</exception>
    public void Read(BodyPlace place, int from, Span<byte> part)
    {
        if (part.IsEmpty)
            return;
        var path = SegmentStore.PathOf(directory, place.Segment);
        try
        {
            Open(path, place);
            for (var filled = 0; filled < part.Length;)
            {
                var read = _file!.Read(part[filled..], place.Offset + from + filled);
                if (read == 0)
                    throw new InvalidDataException($"{path}: ends at {place.Offset + from + filled}, inside the body of {place.Length} bytes at {place.Offset}.");
                filled += read;
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException)
        {
            throw new InvalidDataException($"{path}: the body of {place.Length} bytes at {place.Offset} cannot be read: {error.Message}", error);
        }
    }

    public void Dispose() => _file?.Dispose();

    private void Open(string path, BodyPlace place)
    {
        if (_file is not null && _segment == place.Segment)
            return;
        _file?.Dispose();
        _file = null;
        if (!disk.Exists(path))
            throw new InvalidDataException($"{path}: no such segment; a body of {place.Length} bytes should lie at {place.Offset}.");
        (_file, _segment) = (disk.OpenRead(path), place.Segment);
    }
}
