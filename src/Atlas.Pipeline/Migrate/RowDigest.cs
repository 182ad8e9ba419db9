using System.Buffers.Binary;
using System.Security.Cryptography;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Migrate;

/// <summary>SHA-256 over rows, column by column: the same for the same rows in the same order, wherever they lie.</summary>
internal sealed class RowDigest : IDisposable
{
    private const int LengthOfNull = -1;

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _filled;

    public void Append(long number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, number);
        Put(bytes);
    }

    public void Append(ReadOnlySpan<byte> column)
    {
        Append(column.Length);
        Put(column);
    }

    /// <param name="row">The row.</param>
    /// <param name="first">Its first column that counts.</param>
    /// <param name="count">How many do.</param>
    public void Append(SqlStatement row, int first, int count)
    {
        for (var column = first; column < first + count; column++)
        {
            if (row.IsNull(column))
                Append(LengthOfNull);
            else
                Append(row.Bytes(column));
        }
    }

    /// <summary>64 lower-case hexadecimal digits; the next row begins anew.</summary>
    public string End()
    {
        _hash.AppendData(_buffer.AsSpan(0, _filled));
        _filled = 0;
        return Convert.ToHexStringLower(_hash.GetHashAndReset());
    }

    public void Dispose() => _hash.Dispose();

    private void Put(ReadOnlySpan<byte> bytes)
    {
        if (_filled + bytes.Length > _buffer.Length)
        {
            _hash.AppendData(_buffer.AsSpan(0, _filled));
            _filled = 0;
        }

        if (bytes.Length > _buffer.Length)
        {
            _hash.AppendData(bytes);
            return;
        }

        bytes.CopyTo(_buffer.AsSpan(_filled));
        _filled += bytes.Length;
    }
}
