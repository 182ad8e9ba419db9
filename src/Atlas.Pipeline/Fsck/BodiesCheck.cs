using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Atlas.Pipeline.Ledger;
using Atlas.Pipeline.Persist;
using Microsoft.Win32.SafeHandles;

namespace Atlas.Pipeline.Fsck;

/// <summary>Reads every recorded body in every segment and compares its SHA-256, and what was said around it. A document of which either is gone or damaged goes back to the queue in a transaction of its own.</summary>
internal sealed class BodiesCheck(Examination examination) : IDisposable
{
    private const int RowsPerPage = 1_024;

    /// <summary>Places that were found whole and are not read again, when many documents share one body.</summary>
    private const int MostRemembered = 65_536;

    private readonly Dictionary<(int Segment, long Offset, int Length), UInt128> _whole = [];
    private readonly SortedDictionary<int, (long Count, string First)> _bad = [];
    private SafeFileHandle? _file;
    private int _segment;
    private long _unqueued;

    public void Run()
    {
        var ledger = examination.Ledger;
        CheckOwner();
        examination.Progress.Begin("reading the bodies", ledger.Scalar("SELECT count(*) FROM content_metadata"));
        var page = new List<Document>(RowsPerPage);
        var read = ledger.Prepare("SELECT id, seq, segment, body_offset, body_length, body_sha256, exchange_segment, exchange_offset, exchange_length FROM content_metadata WHERE id > ?1 ORDER BY id LIMIT ?2");
        long last = 0;
        do
        {
            page.Clear();
            read.Bind(1, last).Bind(2, RowsPerPage);
            while (read.Step())
                page.Add(new Document(read.Int64(0), read.Int64(1), (int)read.Int64(2), read.Int64(3), (int)read.Int64(4), read.Bytes(5).ToArray(),
                    new BodyPlace((int)read.Int64(6), read.Int64(7), (int)read.Int64(8))));
            read.Reset();
            foreach (var document in page)
                Check(document);
            last = page.Count > 0 ? page[^1].Id : last;
            examination.Progress.Advance(page.Count);
        }
        while (page.Count == RowsPerPage);

        Report();
        new SegmentsCheck(examination).Run();
    }

    public void Dispose() => _file?.Dispose();

    /// <summary>Bodies of another ledger are kept aside whole: nothing of them is ours.</summary>
    private void CheckOwner()
    {
        var bodies = examination.State.BodiesDirectory;
        var owner = SegmentStore.OwnerPathOf(bodies);
        if (!File.Exists(owner) || File.ReadAllText(owner, Encoding.ASCII) is var name && name == examination.Ledger.Text(LedgerMark.LedgerIdSql))
            return;
        examination.Repairable("bodies", $"the bodies belong to another ledger ({name})", owner, 1, "--repair moves them aside as bodies.damaged-TIME, and has the documents fetched again.", () => examination.MoveAside(bodies));
    }

    private void Check(Document document)
    {
        if (IsWhole(document) && HasWholeExchange(document.Exchange))
            return;
        if (examination.Repairs && !Requeue.Document(examination, document.Id, document.Sequence))
            _unqueued++;
        var (count, first) = _bad.GetValueOrDefault(document.Segment);
        _bad[document.Segment] = (count + 1, count == 0 ? string.Create(CultureInfo.InvariantCulture, $"{SegmentStore.PathOf(examination.State.BodiesDirectory, document.Segment)}, {document.Length} bytes at {document.Offset} (row {document.Sequence})") : first);
    }

    private void Report()
    {
        foreach (var (count, first) in _bad.Values)
            examination.Repairable("bodies", "documents whose body or headers are gone or damaged", first, count, "--repair queues them again, and their bodies are fetched by the next run. The file stays as it is.", () => { });
        if (_unqueued > 0)
            examination.Damage("bodies", "of these, documents that have no row to queue", "content_metadata", _unqueued, "Their URLs stand in content_metadata: put a copy of ledger.db back.");
    }

    private bool IsWhole(Document document)
    {
        var (segment, offset, length) = (document.Segment, document.Offset, document.Length);
        if (document.Sha256.Length != SHA256.HashSizeInBytes || length < 0 || offset < 0)
            return false;
        var key = System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(document.Sha256);
        if (_whole.TryGetValue((segment, offset, length), out var known) && known == key)
            return true;
        if (length > 0 && !Open(segment))
            return false;
        if (!HashOf(offset, length, out var hash) || !hash.AsSpan().SequenceEqual(document.Sha256))
            return false;
        if (_whole.Count == MostRemembered)
            _whole.Clear();
        _whole[(segment, offset, length)] = key;
        return true;
    }

    private bool HasWholeExchange(BodyPlace place)
    {
        if (place.Length == 0)
            return true;
        if (place.Offset < 0 || place.Length is < 0 or > 2 * HttpExchange.MostBytes || !Open(place.Segment))
            return false;
        try
        {
            var stored = new byte[place.Length];
            return RandomAccess.Read(_file!, stored, place.Offset) == stored.Length && HttpExchange.Parse(stored) is not null;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private bool Open(int segment)
    {
        if (segment == _segment && _file is not null)
            return true;
        _file?.Dispose();
        _file = null;
        var path = SegmentStore.PathOf(examination.State.BodiesDirectory, segment);
        if (!File.Exists(path))
            return false;
        (_file, _segment) = (File.OpenHandle(path, options: FileOptions.SequentialScan), segment);
        return true;
    }

    private bool HashOf(long offset, int length, out byte[] hash)
    {
        using var all = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(Math.Clamp(length, 1, 1 << 20));
        try
        {
            for (var left = length; left > 0;)
            {
                var read = RandomAccess.Read(_file!, buffer.AsSpan(0, Math.Min(buffer.Length, left)), offset);
                if (read == 0)
                    break;
                all.AppendData(buffer, 0, read);
                (offset, left) = (offset + read, left - read);
            }

            hash = all.GetHashAndReset();
            return true;
        }
        catch (IOException)
        {
            // A block that cannot be read is a body that is not there.
            hash = [];
            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private sealed record Document(long Id, long Sequence, int Segment, long Offset, int Length, byte[] Sha256, BodyPlace Exchange);
}
