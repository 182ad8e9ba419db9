using System.Globalization;
using System.IO.Hashing;

namespace Atlas.Pipeline.Dedup;

/// <summary>Hashes a file front to back while it is written, stretch by stretch, so that nobody has to read it again to seal it.</summary>
/// <remarks>XXH128: the hashes guard against damage and not against forgery. One caller at a time.</remarks>
internal sealed class RunningHashes
{
    /// <summary>Bytes under one hash: small enough that a start reads many at the same time, and can leave those alone that it does not need. Divides a segment of the log.</summary>
    public const long StretchBytes = 64L << 20;

    private readonly Func<long, (string Name, long Start)> _placeOf;
    private readonly List<SealedStretch> _whole = [];
    private readonly XxHash128 _hash = new();

    /// <param name="placeOf">The file that a byte is in, and its place there; the first byte of a stretch is asked for.</param>
    public RunningHashes(Func<long, (string Name, long Start)> placeOf) => _placeOf = placeOf;

    /// <summary>Of one file.</summary>
    public RunningHashes(string name)
        : this(start => (name, start))
    {
    }

    /// <summary>Bytes hashed so far.</summary>
    public long End { get; private set; }

    /// <summary>Goes on behind what was sealed before. What follows the last whole stretch is hashed anew.</summary>
    public void GoOnFrom(IEnumerable<SealedStretch> whole)
    {
        _whole.Clear();
        _whole.AddRange(whole);
        _hash.Reset();
        End = _whole.Count * StretchBytes;
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var part = bytes[..(int)Math.Min(bytes.Length, StretchBytes - (End % StretchBytes))];
            _hash.Append(part);
            End += part.Length;
            bytes = bytes[part.Length..];
            if (End % StretchBytes == 0)
            {
                _whole.Add(Stretch(StretchBytes));
                _hash.Reset();
            }
        }
    }

    /// <summary>All that was hashed; of an empty file one stretch without bytes, as it has to be there.</summary>
    public List<SealedStretch> Sealed()
    {
        var begun = End % StretchBytes;
        return begun == 0 && End > 0 ? [.. _whole] : [.. _whole, Stretch(begun)];
    }

    /// <summary>A hash as it is written.</summary>
    public static string TextOf(UInt128 hash) => hash.ToString("x32", CultureInfo.InvariantCulture);

    private SealedStretch Stretch(long length)
    {
        var (name, start) = _placeOf(End - length);
        return new SealedStretch(name, start, length, TextOf(_hash.GetCurrentHashAsUInt128()));
    }
}
