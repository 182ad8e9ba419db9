using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Persist;

/// <summary>Reads bodies back from the places the ledger remembers. Opens a file per read: meant for export and tests.</summary>
internal sealed class SegmentReader(string directory, IDisk disk)
{
    /// <summary>One body, whole.</summary>
    /// <exception cref="InvalidDataException">The segment is missing or ends inside the body.</exception>
    public byte[] Read(BodyPlace place)
    {
        var path = SegmentStore.PathOf(directory, place.Segment);
        if (place.Length == 0)
            return [];
        if (!disk.Exists(path))
            throw new InvalidDataException($"{path}: no such segment; a body of {place.Length} bytes should lie at {place.Offset}.");

        using var file = disk.Open(path);
        var body = new byte[place.Length];
        for (var filled = 0; filled < body.Length;)
        {
            var read = file.Read(body.AsSpan(filled), place.Offset + filled);
            if (read == 0)
                throw new InvalidDataException($"{path}: ends at {place.Offset + filled}, inside the body of {place.Length} bytes at {place.Offset}.");
            filled += read;
        }

        return body;
    }
}
