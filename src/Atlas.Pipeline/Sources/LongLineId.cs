using System.Buffers.Binary;
using System.Security.Cryptography;
using Atlas.Urls;

namespace Atlas.Pipeline.Sources;

/// <summary>The content id of a line that is too long to be held, taken while its bytes stream by. Used by one reader at a time.</summary>
/// <remarks>It is what <see cref="ContentId.Of"/> gives for the whole line. A last CR is part of the terminator and not of the line, so a CR waits for what comes after it.</remarks>
internal sealed class LongLineId : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private bool _holdsReturn;

    /// <summary>More of the line.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return;

        if (_holdsReturn)
            _hash.AppendData("\r"u8);
        _holdsReturn = bytes[^1] == (byte)'\r';
        _hash.AppendData(_holdsReturn ? bytes[..^1] : bytes);
    }

    /// <summary>The line ends here: its id. The next byte is the first of another line.</summary>
    public UInt128 End()
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        _hash.GetHashAndReset(digest);
        _holdsReturn = false;
        return BinaryPrimitives.ReadUInt128BigEndian(digest);
    }

    public void Dispose() => _hash.Dispose();
}
