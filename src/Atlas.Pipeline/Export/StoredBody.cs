using System.Security.Cryptography;
using Atlas.Pipeline.Ledger;
using Atlas.Pipeline.Persist;

namespace Atlas.Pipeline.Export;

/// <summary>The body at hand: checked against its SHA-256 before a byte of it is given out, and never wholly in memory when it is large.</summary>
/// <param name="segments">Where bodies lie.</param>
/// <param name="mostHeld">Bytes up to which a body is read once and held; a larger one is read again in pieces of this size.</param>
internal sealed class StoredBody(SegmentReader segments, int mostHeld = 4 << 20)
{
    private byte[] _buffer = [];
    private BodyPlace _place;

    /// <summary>Bytes of the body.</summary>
    public int Length => _place.Length;

    /// <summary>Turns to a document's body, and reads all of it.</summary>
    /// <exception cref="InvalidDataException">It is gone or damaged.</exception>
    public void Open(StoredDocument document)
    {
        _place = document.Body;
        if (_place.Length < 0 || _place.Offset < 0)
            throw new InvalidDataException($"Row of {document.ContentId}: a body of {_place.Length} bytes at {_place.Offset} cannot be.");
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var from = 0; from < Length; from += mostHeld)
            sha256.AppendData(Fill(from).Span);
        if (!sha256.GetHashAndReset().AsSpan().SequenceEqual(document.BodySha256))
            throw new InvalidDataException($"Segment {_place.Segment}: the body of {Length} bytes at {_place.Offset} is damaged: its SHA-256 is not what the ledger has recorded.");
    }

    /// <summary>The body in pieces, each valid until the next. As often as needed.</summary>
    /// <exception cref="IOException">It is not there any more, or not the same.</exception>
    public IEnumerable<ReadOnlyMemory<byte>> Pieces()
    {
        if (Length == 0)
            yield break;
        if (Length <= mostHeld)
        {
            yield return _buffer.AsMemory(0, Length);
            yield break;
        }

        for (var from = 0; from < Length; from += mostHeld)
            yield return FillAgain(from);
    }

    private ReadOnlyMemory<byte> Fill(int from)
    {
        var length = Math.Min(mostHeld, Length - from);
        if (_buffer.Length < length)
            _buffer = new byte[Math.Min(mostHeld, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)length))];
        segments.Read(_place, from, _buffer.AsSpan(0, length));
        return _buffer.AsMemory(0, length);
    }

    /// <summary>By now something of the document may have been written, so this is no longer a document that can be left out.</summary>
    private ReadOnlyMemory<byte> FillAgain(int from)
    {
        try
        {
            return Fill(from);
        }
        catch (InvalidDataException gone)
        {
            throw new IOException($"A body was there and is not any more. {gone.Message}", gone);
        }
    }
}
