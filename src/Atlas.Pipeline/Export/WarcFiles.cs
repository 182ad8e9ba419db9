using System.IO.Compression;
using System.Security.Cryptography;

namespace Atlas.Pipeline.Export;

/// <summary>Frames records (WARC 1.1, ISO 28500:2017, 4), each a gzip member of its own if they are compressed, and begins a new file when one is full.</summary>
/// <param name="target">Where they go; stays its owner's.</param>
/// <param name="compresses">Whether records are compressed.</param>
/// <param name="mostBytes">From so many bytes on a file takes no further document. One document's records are never parted.</param>
internal sealed class WarcFiles(IExportTarget target, bool compresses, long mostBytes)
{
    private Stream? _file;

    /// <summary>Files begun so far.</summary>
    public int Count { get; private set; }

    /// <summary>The name of the file that is written, if it has one.</summary>
    public string? Name => target.Name;

    /// <summary>True where a new file has begun: its first record is still to come.</summary>
    public bool BeginIfFull()
    {
        if (_file is not null && !(target.TakesMany && _file.Position >= mostBytes))
            return false;
        _file = target.Begin();
        Count++;
        return true;
    }

    /// <summary>Writes one record.</summary>
    /// <param name="fields">Its header, without digest and length of the block.</param>
    /// <param name="head">The block's beginning, or all of it.</param>
    /// <param name="body">The rest of the block, or null.</param>
    public void Write(WarcFields fields, byte[] head, StoredBody? body = null)
    {
        fields.Add("WARC-Block-Digest", WarcDigest.Of(HashOf(head, body))).Add("Content-Length", (long)head.Length + (body?.Length ?? 0));
        if (!compresses)
        {
            Write(_file!, fields, head, body);
            return;
        }

        using var member = new GZipStream(_file!, CompressionLevel.Optimal, leaveOpen: true);
        Write(member, fields, head, body);
    }

    public void Complete() => target.Complete();

    private static void Write(Stream into, WarcFields fields, byte[] head, StoredBody? body)
    {
        into.Write("WARC/1.1\r\n"u8);
        into.Write(fields.ToBytes());
        into.Write("\r\n"u8);
        into.Write(head);
        foreach (var piece in body?.Pieces() ?? [])
            into.Write(piece.Span);
        into.Write("\r\n\r\n"u8);
    }

    private static byte[] HashOf(byte[] head, StoredBody? body)
    {
        if (body is null)
            return SHA256.HashData(head);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(head);
        foreach (var piece in body.Pieces())
            hash.AppendData(piece.Span);
        return hash.GetHashAndReset();
    }
}
