using Atlas.Pipeline.Ledger;
using Atlas.Pipeline.Persist;

namespace Atlas.Pipeline.Tests.Persist;

/// <summary>Bodies of every kind in one segment after the other, as a run leaves them, and where each lies.</summary>
internal sealed class PackedBodies
{
    private readonly List<(BodyPlace Place, byte[] Bytes)> _bodies = [];

    public ForgetfulDisk Disk { get; } = new();

    /// <summary>Where the ledger says that writing goes on.</summary>
    public SegmentTail Tail { get; private set; }

    public IReadOnlyList<BodyPlace> Places => [.. _bodies.Select(body => body.Place)];

    /// <summary>Writes bodies as a run does, each synced, and closes the segment.</summary>
    public void Write(IEnumerable<byte[]> bodies, long segmentBytes)
    {
        using var store = Store(segmentBytes);
        foreach (var bytes in bodies)
        {
            var place = store.Reserve(bytes.Length);
            store.Write(place.Segment, place.Offset, bytes);
            store.Sync();
            _bodies.Add((place, bytes));
        }

        Tail = store.Tail;
    }

    /// <summary>Opens the bodies as a start does.</summary>
    public SegmentStore Store(long segmentBytes)
    {
        var store = new SegmentStore("bodies", new PersistOptions { SegmentBytes = segmentBytes }, Tail, Disk);
        store.ThrowIfCutShort();
        store.LeavePacked();
        return store;
    }

    /// <summary>Packs a segment whole.</summary>
    public (long Before, long After)? Pack(int segment) => new PackWriter("bodies", Disk).TryPack(segment, static () => true, static () => { });

    /// <summary>Every body comes back from its place, in this order and in the other.</summary>
    public void AssertAllAreThere()
    {
        using var reader = new SegmentReader("bodies", Disk);
        foreach (var (place, bytes) in _bodies.Concat(_bodies.AsEnumerable().Reverse()))
            Assert.True(bytes.AsSpan().SequenceEqual(reader.Read(place)), $"{place} is another body now.");
    }

    /// <summary>A body of so many bytes: text of a few words, chance that nothing makes smaller, or one byte again and again.</summary>
    public static byte[] Body(int seed, int length)
    {
        var body = new byte[length];
        var chance = new Random(seed);
        switch (seed % 3)
        {
            case 0:
                chance.NextBytes(body);
                break;
            case 1:
                body.AsSpan().Fill((byte)seed);
                break;
            default:
                for (var at = 0; at < length; at++)
                    body[at] = "atlas river stone market "u8[(at * (1 + chance.Next(2))) % 25];
                break;
        }

        return body;
    }
}
