using System.Globalization;
using System.Text;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Persist;

/// <summary>Bodies one after the other in files, <c>00000001.seg</c> and on. A file holds nothing but bodies; where each lies is in the ledger.</summary>
/// <remarks>
/// Writing goes on from the tail the ledger knows: what lies behind it has no row and is overwritten.
/// All is called by the writing thread alone, once it runs.
/// </remarks>
internal sealed class SegmentStore(string directory, PersistOptions options, SegmentTail tail, IDisk disk) : IDisposable
{
    /// <summary>A segment is reserved whole only while so many would fit: on a small disk the space is worth more than the speed.</summary>
    private const int SegmentsThatMustFit = 8;

    private IDiskFile? _file;
    private int _openSegment;

    /// <summary>Where the next body goes, if it fits.</summary>
    public SegmentTail Tail { get; private set; } = tail.Segment == 0 ? new SegmentTail(1, 0) : tail;

    internal static string PathOf(string directory, int segment) =>
        Path.Combine(directory, segment.ToString("D8", CultureInfo.InvariantCulture) + ".seg");

    /// <summary>The number of a segment or pack by its file's name; null for any other file, one that was moved aside included.</summary>
    internal static int? NumberOf(string path) =>
        Path.GetExtension(path.AsSpan()) is ".seg" or ".pack" && int.TryParse(Path.GetFileNameWithoutExtension(path.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    internal static string OwnerPathOf(string directory) => Path.Combine(directory, "ledger");

    /// <summary>Notes beside the bodies whose they are.</summary>
    /// <param name="ledgerId">The ledger that remembers their places; empty when it keeps nothing.</param>
    /// <exception cref="StateDamagedException">They are another ledger's.</exception>
    public void ClaimFor(string ledgerId)
    {
        if (ledgerId.Length == 0)
            return;
        var owner = OwnerPathOf(directory);
        if (!disk.Exists(owner))
        {
            disk.CreateDirectory(directory);
            disk.Replace(owner, Encoding.ASCII.GetBytes(ledgerId));
        }
        else if (Encoding.ASCII.GetString(disk.ReadAll(owner)) is var other && other != ledgerId)
        {
            throw new StateDamagedException($"The bodies in {directory} belong to another ledger ({other}). Put the right ones back, or have them fetched again with: atlas fsck --repair, which moves these aside.");
        }
    }

    /// <summary>Looks whether every segment is there, and the one that is written on is as long as the ledger knows it: writing on behind a hole would hide that bodies are lost.</summary>
    /// <exception cref="StateDamagedException">It is not.</exception>
    public void ThrowIfCutShort()
    {
        for (var segment = 1; segment < Tail.Segment; segment++)
        {
            if (!disk.Exists(PathOf(directory, segment)) && !IsPacked(segment))
                throw new StateDamagedException($"The bodies {PathOf(directory, segment)} are gone. Put the file back, or have its documents fetched again with: atlas fsck --repair");
        }

        if (Tail.End == 0)
            return;
        var path = PathOf(directory, Tail.Segment);
        if (!disk.Exists(path) && IsPacked(Tail.Segment))
        {
            ThrowIfCutShort(SegmentPack.PathOf(directory, Tail.Segment));
            return;
        }

        if (!disk.Exists(path))
            throw new StateDamagedException($"The bodies {path} are gone, but the ledger has recorded {Tail.End} bytes in them. Put the file back, or have its documents fetched again with: atlas fsck --repair");
        using var file = disk.Open(path);
        if (file.Length < Tail.End)
            throw new StateDamagedException($"The bodies {path} end at {file.Length}, but the ledger has recorded {Tail.End} bytes in them. Put the file back, or have its documents fetched again with: atlas fsck --repair");
    }

    /// <summary>Goes on behind the last segment when that was packed. Where it is there itself, a pack beside it was not taken in use and is of before: it goes, as the segment is written on.</summary>
    public void LeavePacked()
    {
        if (!IsPacked(Tail.Segment))
            return;
        if (disk.Exists(PathOf(directory, Tail.Segment)))
            disk.Delete(SegmentPack.PathOf(directory, Tail.Segment));
        else
            Tail = new SegmentTail(NextSegment(), 0);
    }

    /// <summary>Takes the next place. A body larger than a segment gets a segment to itself.</summary>
    /// <param name="length">Bytes, 0 or more.</param>
    public BodyPlace Reserve(int length)
    {
        if (Tail.End > 0 && Tail.End + length > options.SegmentBytes)
            Tail = new SegmentTail(NextSegment(), 0);
        var place = new BodyPlace(Tail.Segment, Tail.End, length);
        Tail = Tail with { End = Tail.End + length };
        return place;
    }

    /// <summary>Writes bytes at a reserved place; they are durable after <see cref="Sync"/>.</summary>
    /// <param name="segment">Never less than at the call before: a segment that is left is synced and closed.</param>
    /// <param name="offset">In bytes from the start of the file.</param>
    /// <param name="bytes">May be several bodies that lie side by side.</param>
    public void Write(int segment, long offset, ReadOnlySpan<byte> bytes)
    {
        if (_file is null || segment != _openSegment)
            Turn(segment);
        _file!.Write(bytes, offset);
    }

    /// <summary>Returns when everything written is durable.</summary>
    /// <exception cref="IOException">It is not, and nobody knows what is.</exception>
    public void Sync() => _file?.Sync();

    public void Dispose() => _file?.Dispose();

    private bool IsPacked(int segment) => disk.Exists(SegmentPack.PathOf(directory, segment));

    /// <summary>A number under which a pack lies is another state's, older or newer than the ledger, and is passed over.</summary>
    private int NextSegment()
    {
        var next = Tail.Segment + 1;
        while (IsPacked(next))
            next++;
        return next;
    }

    private void ThrowIfCutShort(string pack)
    {
        try
        {
            using var packed = SegmentPack.Open(pack, disk);
            if (packed.Length < Tail.End)
                throw new StateDamagedException($"The bodies {pack} end at {packed.Length}, but the ledger has recorded {Tail.End} bytes in them. Put the file back, or have its documents fetched again with: atlas fsck --repair");
        }
        catch (InvalidDataException damage)
        {
            throw new StateDamagedException($"{damage.Message} Put the file back, or have its documents fetched again with: atlas fsck --repair");
        }
    }

    private void Turn(int segment)
    {
        _file?.Sync();
        _file?.Dispose();
        _file = null;
        disk.CreateDirectory(directory);
        _file = disk.Open(PathOf(directory, segment), disk.FreeBytes(directory) / SegmentsThatMustFit >= options.SegmentBytes ? options.SegmentBytes : 0);
        _openSegment = segment;
        disk.SyncDirectory(directory);
    }
}
