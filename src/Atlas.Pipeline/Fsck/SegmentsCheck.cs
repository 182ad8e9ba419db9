using Atlas.Pipeline.Persist;

namespace Atlas.Pipeline.Fsck;

/// <summary>Whether the segments, or the packs that they became, fit the place where writing goes on, after the bodies in them were checked.</summary>
internal sealed class SegmentsCheck(Examination examination, IDisk disk)
{
    /// <summary>Segments that a repair makes; a number farther off is a damaged one, and not that many files are gone.</summary>
    private const int MostMade = 1_000;

    /// <summary>Where bodies and what was said around them lie, of documents and of their earlier versions.</summary>
    private const string Places = """
        (SELECT segment AS segment, body_offset + body_length AS ending FROM content_metadata UNION ALL SELECT exchange_segment, exchange_offset + exchange_length FROM content_metadata
          UNION ALL SELECT segment, body_offset + body_length FROM document_versions UNION ALL SELECT exchange_segment, exchange_offset + exchange_length FROM document_versions)
        """;

    public void Run()
    {
        CheckPacks();
        var ledger = examination.Ledger;
        var tail = ledger.Scalar("SELECT segment FROM bodies_tail");
        var end = ledger.Scalar("SELECT end_offset FROM bodies_tail");
        var newest = ledger.Scalar($"SELECT coalesce(max(segment), 0) FROM {Places}");
        var known = Math.Max(newest, Numbers().DefaultIfEmpty(0).Max());
        if (known > int.MaxValue - MostMade)
        {
            examination.Damage("bodies", "there is a segment of a number that none has", Text($"segment {known}"), 1, "Put a copy of ledger.db back, or move the file of this number away.");
            return;
        }

        if (tail - known > MostMade)
        {
            CheckMissing((int)known);
            MoveTail("writing goes on far behind the last segment", Text($"segment {known}"), Text($"segment {tail}"), (int)known);
            return;
        }

        var segment = (int)tail;
        var last = Math.Max(segment, newest);
        var furthest = ledger.Scalar($"SELECT coalesce(max(ending), 0) FROM {Places} WHERE segment = {last}");
        if (newest > segment || (newest == segment && furthest > end))
        {
            CheckMissing((int)newest);
            MoveTail("bodies lie behind the place where writing goes on, and would be written over", Text($"segment {newest}, {furthest} bytes"), Text($"segment {segment}, {end}"), (int)newest);
            return;
        }

        CheckMissing(segment);
        if (segment == 0)
            return;
        if (IsPacked(segment))
        {
            if (LengthOf(segment) < end)
                MoveTail("the segment that was written last ends too early", Text($"{PackOf(segment)}, {Math.Max(0, LengthOf(segment))} bytes of {end}"), null, segment);
            CheckUnknown(segment);
            return;
        }

        var file = new FileInfo(PathOf(segment));
        var length = file.Exists ? file.Length : 0;
        if (length < end)
            MoveTail("the segment that is written on ends too early", Text($"{file.FullName}, {length} bytes of {end}"), null, segment);
        else if (length > end && examination.LedgerIsNotTheLast)
            MoveTail("bytes behind the last recorded body may be documents that the ledger has forgotten", Text($"{file.FullName}, {length - end} bytes"), null, segment);
        else if (length > end)
            Cut(file, end);
        CheckUnknown(segment);
    }

    /// <summary>A pack whose index is damaged holds nothing that can be found: its documents were queued again, and an empty segment says so.</summary>
    private void CheckPacks()
    {
        var damaged = Numbers().Where(IsPacked).Where(number => LengthOf(number) < 0).Order().ToList();
        if (damaged.Count > 0)
        {
            examination.Repairable("bodies", "packs whose index is damaged, so that nothing in them is found", PackOf(damaged[0]), damaged.Count, "--repair moves them aside, after their documents were queued again.", () => damaged.ForEach(number =>
            {
                examination.MoveAside(PackOf(number));
                Make(number);
            }));
        }
    }

    /// <summary>A file that is missing is refused by a run; once its documents are queued again, an empty one says so.</summary>
    private void CheckMissing(int tail)
    {
        var there = Numbers().Where(number => number > 0 && number < tail).ToHashSet();
        var count = tail - 1 - there.Count;
        if (count <= 0)
            return;
        var missing = Enumerable.Range(1, tail - 1).Where(number => !there.Contains(number)).Take(MostMade).ToList();
        if (count > MostMade)
        {
            examination.Damage("bodies", "segments are gone, more than a repair makes anew", PathOf(missing[0]), count, "A document's segment may be damaged in ledger.db: put a copy of it back, or the files.");
            return;
        }

        examination.Repairable("bodies", "segments are gone", PathOf(missing[0]), count, "--repair puts an empty file in the place of each, after its documents were queued again.", () => missing.ForEach(Make));
    }

    /// <summary>Writing goes on in a segment that nothing lies in yet: nothing is written over, and no hole is hidden.</summary>
    private void MoveTail(string what, string where, string? tail, int last)
    {
        var place = tail is null ? where : $"{where}; writing goes on at {tail}";
        var next = Math.Max(last, Numbers().DefaultIfEmpty(0).Max()) + 1;
        if (next - last > MostMade)
        {
            examination.Damage("bodies", what, place, 1, $"{PathOf(next - 1)} has a number too high to go on behind it: move it away, and repair again.");
            return;
        }

        examination.Repairable("bodies", what, place, 1, "--repair has writing go on in a new segment.", () =>
        {
            if (last > 0)
                Make(last);
            examination.InTransaction(() => examination.Ledger.Execute(Text($"INSERT INTO bodies_tail VALUES(1, {next}, 0) ON CONFLICT DO UPDATE SET segment = excluded.segment, end_offset = excluded.end_offset")));
            for (var between = last + 1; between < next; between++)
                Make(between);
        });
    }

    /// <summary>Makes an empty segment where there is none.</summary>
    private void Make(int segment)
    {
        Directory.CreateDirectory(examination.State.BodiesDirectory);
        if (!File.Exists(PathOf(segment)) && !IsPacked(segment))
            File.Create(PathOf(segment)).Dispose();
    }

    private void Cut(FileInfo file, long end)
    {
        if (examination.Repairs)
        {
            using var open = File.OpenHandle(file.FullName, FileMode.Open, FileAccess.ReadWrite);
            RandomAccess.SetLength(open, end);
        }

        examination.Note("bodies", "bytes of bodies that were written and never recorded", file.FullName, file.Length - end, "Nothing to do: a run writes over them, and --repair cuts them off.");
    }

    private void CheckUnknown(int tail)
    {
        var unknown = Numbers().Where(number => number > tail && (IsPacked(number) || new FileInfo(PathOf(number)).Length > 0)).Order().ToList();
        if (unknown.Count == 0 || examination.Ledger.Scalar("SELECT segment FROM bodies_tail") > tail)
            return;
        examination.Note("bodies", "segments that the ledger does not know", FileOf(unknown[0]), unknown.Count, "--repair moves them aside: a run would write over them, or pass over those that are packed.");
        if (examination.Repairs)
            unknown.ForEach(number => examination.MoveAside(FileOf(number)));
    }

    private IEnumerable<int> Numbers() =>
        disk.List(examination.State.BodiesDirectory, "*").Select(path => SegmentStore.NumberOf(path) ?? 0).Where(number => number > 0).Distinct();

    /// <summary>Whether only its pack is there: where both are, the pack was not taken in use.</summary>
    private bool IsPacked(int segment) => !File.Exists(PathOf(segment)) && File.Exists(PackOf(segment));

    /// <summary>Of a pack, in bytes of the segment; -1 when its index is damaged.</summary>
    private long LengthOf(int packed)
    {
        try
        {
            using var pack = SegmentPack.Open(PackOf(packed), disk);
            return pack.Length;
        }
        catch (Exception error) when (error is InvalidDataException or IOException)
        {
            return -1;
        }
    }

    private string FileOf(int segment) => IsPacked(segment) ? PackOf(segment) : PathOf(segment);

    private string PackOf(int segment) => SegmentPack.PathOf(examination.State.BodiesDirectory, segment);

    private string PathOf(int segment) => SegmentStore.PathOf(examination.State.BodiesDirectory, segment);

    private static string Text(FormattableString text) => FormattableString.Invariant(text);
}
