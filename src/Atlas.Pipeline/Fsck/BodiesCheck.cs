using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Atlas.Pipeline.Ledger;
using Atlas.Pipeline.Persist;

namespace Atlas.Pipeline.Fsck;

/// <summary>Reads every recorded body in every segment and compares its SHA-256, and what was said around it, those of earlier versions included. A document of which either is gone or damaged goes back to the queue in a transaction of its own; a version is forgotten.</summary>
internal sealed class BodiesCheck(Examination examination, IDisk disk) : IDisposable
{
    private const int RowsPerPage = 1_024;

    /// <summary>Places that were found whole and are not read again, when many documents share one body.</summary>
    private const int MostRemembered = 65_536;

    private readonly Dictionary<(int Segment, long Offset, int Length), UInt128> _whole = [];
    private readonly SortedDictionary<int, (long Count, string First)> _bad = [];
    private readonly SegmentReader _segments = new(examination.State.BodiesDirectory, disk);
    private long _unqueued;
    private (long Count, string First) _badVersions;

    public void Run()
    {
        var ledger = examination.Ledger;
        CheckOwner();
        examination.Progress.Begin("reading the bodies", ledger.Scalar("SELECT (SELECT count(*) FROM content_metadata) + (SELECT count(*) FROM document_versions)"));
        ReadAll("content_metadata", Check);
        ReadAll(LedgerSchema.Versions, CheckVersion);
        Report();
        new SegmentsCheck(examination, disk).Run();
    }

    public void Dispose() => _segments.Dispose();

    private void ReadAll(string table, Action<Document> check)
    {
        var page = new List<Document>(RowsPerPage);
        var read = examination.Ledger.Prepare($"SELECT id, seq, segment, body_offset, body_length, body_sha256, exchange_segment, exchange_offset, exchange_length FROM {table} WHERE id > ?1 ORDER BY id LIMIT ?2");
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
                check(document);
            last = page.Count > 0 ? page[^1].Id : last;
            examination.Progress.Advance(page.Count);
        }
        while (page.Count == RowsPerPage);
    }

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
        _bad[document.Segment] = (count + 1, count == 0 ? string.Create(CultureInfo.InvariantCulture, $"{_segments.PathOf(document.Segment)}, {document.Length} bytes at {document.Offset} (row {document.Sequence})") : first);
    }

    private void CheckVersion(Document version)
    {
        if (IsWhole(version) && HasWholeExchange(version.Exchange))
            return;
        if (examination.Repairs)
            examination.InTransaction(() => examination.Ledger.Execute(string.Create(CultureInfo.InvariantCulture, $"DELETE FROM document_versions WHERE id = {version.Id}")));
        _badVersions = (_badVersions.Count + 1, _badVersions.Count > 0 ? _badVersions.First
            : string.Create(CultureInfo.InvariantCulture, $"{_segments.PathOf(version.Segment)}, {version.Length} bytes at {version.Offset} (row {version.Sequence})"));
    }

    private void Report()
    {
        foreach (var (count, first) in _bad.Values)
            examination.Repairable("bodies", "documents whose body or headers are gone or damaged", first, count, "--repair queues them again, and their bodies are fetched by the next run. The file stays as it is.", () => { });
        if (_badVersions.Count > 0)
            examination.Repairable("bodies", "earlier versions of documents whose body or headers are gone or damaged", _badVersions.First, _badVersions.Count, "--repair forgets them. The documents as they are now are not touched.", () => { });
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
        if (HashOf(new BodyPlace(segment, offset, length)) is not { } hash || !hash.AsSpan().SequenceEqual(document.Sha256))
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
        if (place.Offset < 0 || place.Length is < 0 or > 2 * HttpExchange.MostBytes)
            return false;
        try
        {
            return HttpExchange.Parse(_segments.Read(place)) is not null;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }

    /// <summary>Null if it is not there: also a block that cannot be read is a body that is gone.</summary>
    private byte[]? HashOf(BodyPlace place)
    {
        using var all = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(Math.Clamp(place.Length, 1, 1 << 20));
        try
        {
            for (var from = 0; from < place.Length;)
            {
                var part = buffer.AsSpan(0, Math.Min(buffer.Length, place.Length - from));
                _segments.Read(place, from, part);
                all.AppendData(part);
                from += part.Length;
            }

            return all.GetHashAndReset();
        }
        catch (InvalidDataException)
        {
            return null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private sealed record Document(long Id, long Sequence, int Segment, long Offset, int Length, byte[] Sha256, BodyPlace Exchange);
}
