using Atlas.Pipeline.Ledger;
using Atlas.Pipeline.Persist;

namespace Atlas.Pipeline.Tests.Persist;

public sealed class PackWriterTests
{
    private const int Block = PackFormat.BlockBytes;

    /// <summary>Also where the machine loses its power, and with it names that were not synced.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Killed_at_any_moment_every_body_is_there_and_the_next_packing_ends_it(bool losesNames)
    {
        for (var changes = 0; ; changes++)
        {
            var bodies = new PackedBodies();
            bodies.Write([PackedBodies.Body(3, Block), PackedBodies.Body(2, Block + 9), PackedBodies.Body(1, 5), PackedBodies.Body(3, 2 * Block)], segmentBytes: 3 * Block);
            Assert.Equal(2, bodies.Tail.Segment);
            bodies.Disk.SyncDirectory("bodies");
            bodies.Disk.ChangesToLive = changes;
            var error = Record.Exception(() => bodies.Pack(1));
            Assert.Equal(bodies.Disk.IsDead, error is not null);
            var wasKilled = bodies.Disk.IsDead;

            bodies.Disk.Crash(losesNames);

            bodies.AssertAllAreThere();
            using (var store = bodies.Store(3 * Block))
                Assert.Equal(bodies.Tail, store.Tail);
            if (bodies.Disk.Exists(SegmentStore.PathOf("bodies", 1)))
                bodies.Pack(1);
            bodies.AssertAllAreThere();
            Assert.Equal(["bodies/00000001.pack", "bodies/00000002.seg"], bodies.Disk.List("bodies", "*"));
            if (wasKilled)
                continue;
            Assert.InRange(changes, 8, 100);
            return;
        }
    }

    /// <summary>A kill right after the renaming leaves both; what the run appends then is in the segment alone.</summary>
    [Fact]
    public void The_last_segment_is_written_on_where_it_is_and_left_where_only_its_pack_is()
    {
        var bodies = new PackedBodies();
        bodies.Write([PackedBodies.Body(2, 900)], segmentBytes: 2_000);
        bodies.Disk.Replace(SegmentPack.PathOf("bodies", 1), [1]);

        bodies.Write([PackedBodies.Body(5, 600)], segmentBytes: 2_000);
        Assert.Equal(new SegmentTail(1, 1_500), bodies.Tail);
        Assert.False(bodies.Disk.Exists(SegmentPack.PathOf("bodies", 1)));
        bodies.Pack(1);
        bodies.Write([PackedBodies.Body(8, 100)], segmentBytes: 2_000);

        Assert.Equal(new SegmentTail(2, 100), bodies.Tail);
        bodies.AssertAllAreThere();
    }

    /// <summary>The ledger was put back from a copy: packs are there that it does not know.</summary>
    [Fact]
    public void A_number_under_which_a_pack_lies_is_passed_over()
    {
        var bodies = new PackedBodies();
        bodies.Write([PackedBodies.Body(2, 900)], segmentBytes: 1_000);
        bodies.Disk.Replace(SegmentPack.PathOf("bodies", 2), [1]);

        bodies.Write([PackedBodies.Body(5, 900)], segmentBytes: 1_000);

        Assert.Equal(new SegmentTail(3, 900), bodies.Tail);
        Assert.Equal([1], bodies.Disk.ReadAll(SegmentPack.PathOf("bodies", 2)));
    }

    [Fact]
    public void A_pack_that_is_too_short_for_the_ledger_is_refused_and_so_is_a_damaged_one()
    {
        var bodies = new PackedBodies();
        bodies.Write([PackedBodies.Body(2, 900)], segmentBytes: 2_000);
        bodies.Pack(1);
        bodies.Disk.Replace("bodies/whole", bodies.Disk.ReadAll(SegmentPack.PathOf("bodies", 1)));
        var tail = bodies.Tail with { End = 901 };

        var damage = Assert.Throws<StateDamagedException>(() => new SegmentStore("bodies", new PersistOptions(), tail, bodies.Disk).ThrowIfCutShort());
        Assert.Contains("00000001.pack end at 900", damage.Message, StringComparison.Ordinal);
        bodies.Disk.Replace(SegmentPack.PathOf("bodies", 1), bodies.Disk.ReadAll("bodies/whole").AsSpan(1));
        Assert.Contains("atlas fsck --repair", Assert.Throws<StateDamagedException>(() => bodies.Store(2_000)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Told_to_stop_it_leaves_the_segment_as_it_was()
    {
        var bodies = new PackedBodies();
        bodies.Write([PackedBodies.Body(2, 3 * Block)], segmentBytes: 1 << 30);
        var asked = 0;

        Assert.Null(new PackWriter("bodies", bodies.Disk).TryPack(1, () => ++asked < 3, static () => { }));

        Assert.Equal((3, "bodies/00000001.seg"), (asked, Assert.Single(bodies.Disk.List("bodies", "*"))));
        bodies.AssertAllAreThere();
    }

    [Fact]
    public void Where_the_state_may_be_another_process_s_nothing_that_was_there_is_touched()
    {
        var bodies = new PackedBodies();
        bodies.Write([PackedBodies.Body(2, 900)], segmentBytes: 1 << 30);

        Assert.Throws<InvalidOperationException>(() => new PackWriter("bodies", bodies.Disk).TryPack(1, static () => true, static () => throw new InvalidOperationException()));

        Assert.Equal("bodies/00000001.seg", Assert.Single(bodies.Disk.List("bodies", "*")));
    }
}
