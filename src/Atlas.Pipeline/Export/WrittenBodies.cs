using System.Buffers.Binary;

namespace Atlas.Pipeline.Export;

/// <summary>Which record brought a body, so that the same body need not be written again. Remembers the bodies written last; an older one that comes again is written anew, which costs room and nothing else.</summary>
/// <param name="most">Bodies it remembers: some 300 bytes each.</param>
internal sealed class WrittenBodies(int most = 100_000)
{
    private readonly Dictionary<UInt128, WrittenBody> _known = [];
    private readonly Queue<UInt128> _order = [];

    public bool TryFind(ReadOnlySpan<byte> sha256, out WrittenBody written) => _known.TryGetValue(KeyOf(sha256), out written);

    public void Add(ReadOnlySpan<byte> sha256, WrittenBody written)
    {
        if (!_known.TryAdd(KeyOf(sha256), written))
            return;
        _order.Enqueue(KeyOf(sha256));
        if (_order.Count > most)
            _known.Remove(_order.Dequeue());
    }

    /// <summary>Half of a SHA-256: nobody can make two bodies that share it.</summary>
    private static UInt128 KeyOf(ReadOnlySpan<byte> sha256) => BinaryPrimitives.ReadUInt128BigEndian(sha256);
}

/// <summary>The record that has a body.</summary>
/// <param name="RecordId">Its WARC-Record-ID.</param>
/// <param name="Url">Its WARC-Target-URI.</param>
/// <param name="Date">Its WARC-Date.</param>
internal readonly record struct WrittenBody(string RecordId, string Url, string Date);
