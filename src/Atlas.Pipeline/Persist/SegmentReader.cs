using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Persist;

/// <summary>Reads bodies back from the places the ledger remembers, in segments and in packs. Keeps the file of the last read open, as neighbours lie in one; changes nothing. One caller at a time.</summary>
/// <remarks>A run may pack beside it. The segment is looked for first: it goes away only when its pack is there, so whoever does not find the one finds the other.</remarks>
internal sealed class SegmentReader(string directory, IDisk disk) : IDisposable
{
    private IDiskFile? _file;
    private SegmentPack? _pack;
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
        try
        {
            Open(place);
            for (var filled = 0; filled < part.Length;)
            {
                var read = _pack is not null ? _pack.Read(part[filled..], place.Offset + from + filled) : _file!.Read(part[filled..], place.Offset + from + filled);
                if (read == 0)
                    throw new InvalidDataException($"{PathOf(place.Segment)}: ends at {place.Offset + from + filled}, inside the body of {place.Length} bytes at {place.Offset}.");
                filled += read;
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException)
        {
            throw new InvalidDataException($"{PathOf(place.Segment)}: the body of {place.Length} bytes at {place.Offset} cannot be read: {error.Message}", error);
        }
    }

    /// <summary>The file in which a segment's bodies lie now; the segment's own if there is none.</summary>
    public string PathOf(int segment) =>
        SegmentPack.PathOf(directory, segment) is var pack && !disk.Exists(SegmentStore.PathOf(directory, segment)) && disk.Exists(pack) ? pack : SegmentStore.PathOf(directory, segment);

    public void Dispose()
    {
        _file?.Dispose();
        _pack?.Dispose();
    }

    private void Open(BodyPlace place)
    {
        if (_segment == place.Segment && (_file is not null || _pack is not null))
            return;
        Dispose();
        (_file, _pack, _segment) = (null, null, place.Segment);
        if (TryOpenSegment(SegmentStore.PathOf(directory, place.Segment)))
            return;
        var pack = SegmentPack.PathOf(directory, place.Segment);
        if (!disk.Exists(pack))
            throw new InvalidDataException($"{SegmentStore.PathOf(directory, place.Segment)}: no such segment; a body of {place.Length} bytes should lie at {place.Offset}.");
        _pack = SegmentPack.Open(pack, disk);
    }

    private bool TryOpenSegment(string path)
    {
        if (!disk.Exists(path))
            return false;
        try
        {
            _file = disk.OpenRead(path);
            return true;
        }
        catch (FileNotFoundException)
        {
            // Packed since we looked.
            return false;
        }
    }
}
