using System.Globalization;
using Atlas.Pipeline.Ledger;
using Atlas.Pipeline.Persist;
using FsCheck;
using FsCheck.Xunit;

namespace Atlas.Pipeline.Tests.Persist;

public sealed class SegmentPackTests
{
    private const int Block = PackFormat.BlockBytes;

    private readonly PackedBodies _bodies = new();

    /// <summary>Sizes are given in eighths of a block, so that bodies lie in one, across two and over many.</summary>
    [Property(MaxTest = 20)]
    public void Any_bodies_come_back_from_the_places_they_had(NonEmptyArray<(byte Eighths, byte Odd)> sizes, int seed)
    {
        var bodies = new PackedBodies();
        bodies.Write(sizes.Get.Take(12).Select((size, at) => PackedBodies.Body((seed & 0xFFFF) + at, (size.Eighths % 20 * (Block / 8)) + size.Odd)), segmentBytes: 1 << 21);

        for (var segment = 1; segment <= bodies.Tail.Segment; segment++)
            bodies.Pack(segment);

        bodies.AssertAllAreThere();
        Assert.DoesNotContain(bodies.Disk.List("bodies", "*"), path => path.EndsWith(".seg", StringComparison.Ordinal) && bodies.Disk.ReadAll(path).Length > 0);
    }

    [Fact]
    public void Parts_of_a_body_come_back_wherever_they_begin()
    {
        var body = PackedBodies.Body(2, (2 * Block) + 77);
        _bodies.Write([PackedBodies.Body(5, 1_000), body], segmentBytes: 1 << 30);
        _bodies.Pack(1);

        using var reader = new SegmentReader("bodies", _bodies.Disk);
        var part = new byte[Block + 100];
        foreach (var from in (int[])[0, 1, Block - 1_000, Block - 999, Block / 2, body.Length - part.Length])
        {
            reader.Read(_bodies.Places[1], from, part);
            Assert.True(part.AsSpan().SequenceEqual(body.AsSpan(from, part.Length)), string.Create(CultureInfo.InvariantCulture, $"From {from} on it is another body."));
        }
    }

    [Fact]
    public void Text_becomes_smaller_and_what_does_not_is_kept_as_it_is()
    {
        _bodies.Write([PackedBodies.Body(2, 2 * Block)], segmentBytes: 1);
        _bodies.Write([PackedBodies.Body(3, 2 * Block)], segmentBytes: 1);

        Assert.InRange(_bodies.Pack(1)!.Value.After, 1, Block);
        Assert.InRange(_bodies.Pack(2)!.Value.After - (2 * Block), 1, 100);
    }

    /// <summary>Every byte of the file is under a checksum or a mark.</summary>
    [Property(MaxTest = 60)]
    public void A_byte_that_was_changed_is_found_and_said_with_the_file(NonNegativeInt where, byte flip)
    {
        var bodies = new PackedBodies();
        bodies.Write([PackedBodies.Body(2, 3_000), PackedBodies.Body(3, 40)], segmentBytes: 1 << 30);
        bodies.Pack(1);
        var pack = SegmentPack.PathOf("bodies", 1);
        var bytes = bodies.Disk.ReadAll(pack);

        // The mark at the beginning is for people alone.
        bytes[PackFormat.MarkBytes + (where.Get % (bytes.Length - PackFormat.MarkBytes))] ^= (byte)(flip | 1);
        bodies.Disk.Replace(pack, bytes);

        using var reader = new SegmentReader("bodies", bodies.Disk);
        var damage = Assert.Throws<InvalidDataException>(() => reader.Read(bodies.Places[0]));
        Assert.StartsWith($"{pack}: the pack is damaged: ", damage.Message, StringComparison.Ordinal);
    }

    [Property(MaxTest = 60)]
    public void A_pack_that_was_cut_short_is_found(NonNegativeInt length)
    {
        var bodies = new PackedBodies();
        bodies.Write([PackedBodies.Body(2, 3_000)], segmentBytes: 1 << 30);
        bodies.Pack(1);
        var pack = SegmentPack.PathOf("bodies", 1);
        var bytes = bodies.Disk.ReadAll(pack);
        bodies.Disk.Replace(pack, bytes.AsSpan(0, length.Get % bytes.Length));

        using var reader = new SegmentReader("bodies", bodies.Disk);
        Assert.Contains("the pack is damaged", Assert.Throws<InvalidDataException>(() => reader.Read(bodies.Places[0])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Damage_in_one_block_costs_no_body_of_another()
    {
        _bodies.Write([PackedBodies.Body(3, Block), PackedBodies.Body(6, Block)], segmentBytes: 1 << 30);
        _bodies.Pack(1);
        var pack = SegmentPack.PathOf("bodies", 1);
        var bytes = _bodies.Disk.ReadAll(pack);
        bytes[100] ^= 1;
        _bodies.Disk.Replace(pack, bytes);

        using var reader = new SegmentReader("bodies", _bodies.Disk);
        Assert.Throws<InvalidDataException>(() => reader.Read(_bodies.Places[0]));
        Assert.Equal(PackedBodies.Body(6, Block), reader.Read(_bodies.Places[1]));
    }

    [Fact]
    public void What_should_lie_behind_the_end_of_a_pack_is_said_to_be_missing()
    {
        _bodies.Write([PackedBodies.Body(2, 3_000)], segmentBytes: 1 << 30);
        _bodies.Pack(1);

        using var reader = new SegmentReader("bodies", _bodies.Disk);
        Assert.Contains("00000001.pack: ends at 3000", Assert.Throws<InvalidDataException>(() => reader.Read(new BodyPlace(1, 2_900, 200))).Message, StringComparison.Ordinal);
        Assert.Contains("no such segment", Assert.Throws<InvalidDataException>(() => reader.Read(new BodyPlace(2, 0, 200))).Message, StringComparison.Ordinal);
    }

    /// <summary>An export is another process: it may have looked before, and open after.</summary>
    [Fact]
    public void A_segment_that_is_packed_between_the_look_and_the_opening_is_read_from_its_pack()
    {
        _bodies.Write([PackedBodies.Body(2, 3_000)], segmentBytes: 1 << 30);
        _bodies.Disk.BeforeRead = path =>
        {
            _bodies.Disk.BeforeRead = null;
            Assert.EndsWith(".seg", path, StringComparison.Ordinal);
            _bodies.Pack(1);
        };

        _bodies.AssertAllAreThere();

        Assert.Null(_bodies.Disk.BeforeRead);
        Assert.False(_bodies.Disk.Exists(SegmentStore.PathOf("bodies", 1)));
    }
}
