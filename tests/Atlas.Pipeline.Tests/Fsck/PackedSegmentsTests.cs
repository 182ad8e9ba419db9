using Atlas.Pipeline.Fsck;
using Atlas.Pipeline.Ledger;
using Atlas.Pipeline.Persist;

namespace Atlas.Pipeline.Tests.Fsck;

/// <summary>What a check says of segments that were compressed, and that a run begins after each repair.</summary>
public sealed class PackedSegmentsTests
{
    [Fact]
    public async Task A_pack_is_as_good_as_its_segment_and_the_next_run_goes_on_behind_it()
    {
        await using var bed = await PackedAsync();

        Assert.Empty(await bed.CheckAsync());

        Assert.Equal(new SegmentTail(1, FsckTestBed.Done * FsckTestBed.StoredBytes), await StartAsync(bed));
    }

    [Fact]
    public async Task A_damaged_block_is_said_with_its_pack_and_its_documents_are_fetched_again()
    {
        await using var bed = await PackedAsync();
        Flip(bed, 40);

        var finding = Assert.Single(await bed.CheckAsync());

        Assert.Equal((FindingState.Damaged, FsckTestBed.Done), (finding.State, (int)finding.Count));
        Assert.StartsWith(PackOf(bed), finding.Where, StringComparison.Ordinal);
        await bed.RepairAsync();
        Assert.Equal(FsckTestBed.Done + FsckTestBed.Waiting, (await bed.WaitingAsync()).Count);
        await StartAsync(bed);
    }

    [Fact]
    public async Task A_pack_whose_index_is_damaged_is_moved_aside_and_its_documents_are_fetched_again()
    {
        await using var bed = await PackedAsync();
        Flip(bed, (int)new FileInfo(PackOf(bed)).Length - 20);

        var found = await bed.CheckAsync();

        Assert.Contains(found, finding => finding.What.StartsWith("packs whose index is damaged", StringComparison.Ordinal) && finding.Where == PackOf(bed));
        await bed.RepairAsync();
        Assert.Single(Directory.GetFiles(Path.Combine(bed.State, "bodies"), "00000001.pack.damaged-*"));
        Assert.Equal(FsckTestBed.Done + FsckTestBed.Waiting, (await bed.WaitingAsync()).Count);
        Assert.Equal(new SegmentTail(2, 0), await StartAsync(bed));
    }

    [Fact]
    public async Task A_pack_that_is_gone_is_a_segment_that_is_gone()
    {
        await using var bed = await PackedAsync();
        File.Delete(PackOf(bed));

        Assert.Contains(await bed.CheckAsync(), finding => finding.What == "the segment that is written on ends too early");
        await bed.RepairAsync();
        await StartAsync(bed);
    }

    [Fact]
    public async Task A_pack_that_the_ledger_does_not_know_is_moved_aside()
    {
        await using var bed = await PackedAsync();
        File.Copy(PackOf(bed), SegmentPack.PathOf(Path.Combine(bed.State, "bodies"), 3));

        Assert.Equal(FindingState.Note, Assert.Single(await bed.CheckAsync()).State);
        await bed.CheckAsync(repairs: true);

        Assert.Empty(await bed.CheckAsync());
        Assert.Single(Directory.GetFiles(Path.Combine(bed.State, "bodies"), "00000003.pack.damaged-*"));
    }

    /// <summary>Where a kill has left both, the segment counts: what is wrong with the pack harms nobody.</summary>
    [Fact]
    public async Task A_damaged_pack_beside_its_segment_is_no_damage()
    {
        await using var bed = await FsckTestBed.FilledAsync();
        await File.WriteAllBytesAsync(PackOf(bed), [1, 2, 3], TestContext.Current.CancellationToken);

        Assert.Empty(await bed.CheckAsync());
        await StartAsync(bed);
    }

    private static string PackOf(FsckTestBed bed) => SegmentPack.PathOf(Path.Combine(bed.State, "bodies"), 1);

    private static void Flip(FsckTestBed bed, int at)
    {
        var bytes = File.ReadAllBytes(PackOf(bed));
        bytes[at] ^= 4;
        File.WriteAllBytes(PackOf(bed), bytes);
    }

    private static async Task<FsckTestBed> PackedAsync()
    {
        var bed = await FsckTestBed.FilledAsync();
        Assert.NotNull(new PackWriter(Path.Combine(bed.State, "bodies"), new Disk()).TryPack(1, static () => true, static () => { }));
        return bed;
    }

    /// <summary>Opens ledger and bodies as a run does, and says where the ledger has writing go on.</summary>
    private static async Task<SegmentTail> StartAsync(FsckTestBed bed)
    {
        await using var ledger = SqliteLedger.Open(bed.State, new Seams());
        await using var persist = new PersistStage(new PersistOptions(), Path.Combine(bed.State, "bodies"), ledger, new Seams());
        return ledger.BodiesTail;
    }
}
