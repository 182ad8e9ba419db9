using System.Globalization;
using System.IO.Compression;
using System.IO.Hashing;

namespace Atlas.Pipeline.Persist;

/// <summary>A segment that was compressed, <c>00000001.pack</c>, read by the places of the segment. Keeps the block of the last read, as neighbours lie in one. One caller at a time.</summary>
internal sealed class SegmentPack : IDisposable
{
    private readonly string _path;
    private readonly IDiskFile _file;
    private readonly byte[] _entries;

    /// <summary>Where each frame begins in the file, and where the last ends.</summary>
    private readonly long[] _starts;
    private readonly byte[] _block;
    private readonly byte[] _frame;
    private long _loaded = -1;

    private SegmentPack(string path, IDiskFile file)
    {
        (_path, _file) = (path, file);
        Span<byte> tail = stackalloc byte[PackFormat.TailBytes];
        var entriesEnd = file.Length - PackFormat.TailBytes;
        if (entriesEnd < PackFormat.MarkBytes)
            throw Damaged("it is too short");
        Fill(tail, entriesEnd);
        if (PackFormat.ReadTail(tail) is not { } length || PackFormat.BlocksOf(length) is var blocks && blocks > (entriesEnd - PackFormat.MarkBytes) / PackFormat.EntryBytes)
            throw Damaged("its end is not that of a pack");

        _entries = new byte[blocks * PackFormat.EntryBytes];
        Fill(_entries, entriesEnd - _entries.Length);
        if (!PackFormat.Fit(_entries, tail))
            throw Damaged("its index does not fit its checksum");
        Length = length;
        _starts = new long[blocks + 1];
        _starts[0] = PackFormat.MarkBytes;
        for (var block = 0; block < blocks; block++)
            _starts[block + 1] = _starts[block] + EntryOf(block).Length;
        if (_starts[^1] != entriesEnd - _entries.Length)
            throw Damaged("its frames do not end where its index begins");
        _block = new byte[Math.Min(length, PackFormat.BlockBytes)];
        _frame = new byte[_block.Length];
    }

    /// <summary>Bytes of the segment.</summary>
    public long Length { get; }

    public static string PathOf(string directory, int segment) =>
        Path.Combine(directory, segment.ToString("D8", CultureInfo.InvariantCulture) + ".pack");

    /// <summary>Where a pack is written before it is whole.</summary>
    public static string FreshPathOf(string directory, int segment) => PathOf(directory, segment) + ".new";

    /// <exception cref="InvalidDataException">It is damaged, so that nothing in it can be found.</exception>
    /// <exception cref="IOException">It is not there, or its disk does not give it.</exception>
    public static SegmentPack Open(string path, IDisk disk)
    {
        var file = disk.OpenRead(path);
        try
        {
            return new SegmentPack(path, file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>What lies at a place of the segment; less at its end, and nothing behind it.</summary>
    /// <exception cref="InvalidDataException">The block is damaged.</exception>
    public int Read(Span<byte> bytes, long offset)
    {
        if (offset >= Length || bytes.IsEmpty)
            return 0;
        var block = offset / PackFormat.BlockBytes;
        var from = (int)(offset % PackFormat.BlockBytes);
        var read = Math.Min(bytes.Length, Load(block) - from);
        _block.AsSpan(from, read).CopyTo(bytes);
        return read;
    }

    public void Dispose() => _file.Dispose();

    /// <returns>Bytes of the block, which is in its buffer now.</returns>
    private int Load(long block)
    {
        var length = (int)Math.Min(PackFormat.BlockBytes, Length - (block * PackFormat.BlockBytes));
        if (_loaded == block)
            return length;
        _loaded = -1;
        var (stored, hash) = EntryOf(block);
        if (stored > length)
            throw Damaged($"block {block} is longer than what it holds");
        var raw = stored == length;
        var frame = (raw ? _block : _frame).AsSpan(0, (int)stored);
        Fill(frame, _starts[block]);
        if (XxHash3.HashToUInt64(frame) != hash)
            throw Damaged($"block {block} does not fit its checksum");
        if (!raw && (!BrotliDecoder.TryDecompress(frame, _block.AsSpan(0, length), out var written) || written != length))
            throw Damaged($"block {block} cannot be decompressed");
        _loaded = block;
        return length;
    }

    private (uint Length, ulong Hash) EntryOf(long block) => PackFormat.ReadEntry(_entries.AsSpan((int)(block * PackFormat.EntryBytes)));

    private void Fill(Span<byte> bytes, long offset)
    {
        for (var filled = 0; filled < bytes.Length;)
        {
            var read = _file.Read(bytes[filled..], offset + filled);
            if (read == 0)
                throw Damaged("it ends too early");
            filled += read;
        }
    }

    private InvalidDataException Damaged(FormattableString what) => Damaged(FormattableString.Invariant(what));

    private InvalidDataException Damaged(string what) => new($"{_path}: the pack is damaged: {what}.");
}
