using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Atlas.Pipeline.Fsck;

/// <summary>Keys with a number each, split by their first byte, so that any count of them is compared in little memory: what does not fit its buffer goes to a file.</summary>
/// <remarks>Keys are uniformly distributed, so a part holds about a 256th of them. Memory: 16 MiB of buffers, and 24 bytes for each key of the one part that is read back: with 100 million keys 10 MiB.</remarks>
internal sealed class KeyPartitions : IDisposable
{
    public const int Parts = 256;
    private const int KeysPerBuffer = 2_730;

    private readonly string _directory;
    private readonly string _name;
    private readonly NumberedKey[]?[] _buffers = new NumberedKey[Parts][];
    private readonly int[] _filled = new int[Parts];
    private readonly SafeFileHandle?[] _files = new SafeFileHandle[Parts];
    private readonly long[] _written = new long[Parts];

    /// <param name="directory">Where files may be made; they are gone when this is disposed, or the process ends.</param>
    /// <param name="name">How they begin.</param>
    public KeyPartitions(string directory, string name)
    {
        _directory = directory;
        _name = name;
    }

    public long Count { get; private set; }

    public void Add(UInt128 key, long number)
    {
        var part = (int)(key >> 120);
        var buffer = _buffers[part] ??= new NumberedKey[KeysPerBuffer];
        if (_filled[part] == buffer.Length)
            Spill(part);
        buffer[_filled[part]++] = new NumberedKey(key, number);
        Count++;
    }

    /// <summary>All keys of a part, sorted by key and then number.</summary>
    public NumberedKey[] Sorted(int part)
    {
        var before = _written[part] / NumberedKey.Size;
        var keys = new NumberedKey[before + _filled[part]];
        var into = MemoryMarshal.AsBytes(keys.AsSpan(0, (int)before));
        for (var at = 0; at < into.Length;)
        {
            var read = RandomAccess.Read(_files[part]!, into[at..], at);
            if (read == 0)
                throw new IOException($"A temporary file in {_directory} is cut short.");
            at += read;
        }

        _buffers[part]?.AsSpan(0, _filled[part]).CopyTo(keys.AsSpan((int)before));
        Array.Sort(keys);
        return keys;
    }

    public void Dispose()
    {
        foreach (var file in _files)
            file?.Dispose();
    }

    private void Spill(int part)
    {
        _files[part] ??= File.OpenHandle(Path.Combine(_directory, $"{_name}.{part:x2}"), FileMode.Create, FileAccess.ReadWrite, FileShare.None, FileOptions.DeleteOnClose);
        var bytes = MemoryMarshal.AsBytes(_buffers[part].AsSpan(0, _filled[part]));
        RandomAccess.Write(_files[part]!, bytes, _written[part]);
        _written[part] += bytes.Length;
        _filled[part] = 0;
    }
}

/// <summary>A key of the dedup index and the number of the row that it comes from.</summary>
internal readonly record struct NumberedKey : IComparable<NumberedKey>
{
    public const int Size = 24;

    private readonly ulong _high, _low;

    public NumberedKey(UInt128 key, long number)
    {
        (_high, _low) = ((ulong)(key >> 64), (ulong)key);
        Number = number;
    }

    public UInt128 Key => new(_high, _low);

    public long Number { get; }

    public int CompareTo(NumberedKey other)
    {
        var high = _high.CompareTo(other._high);
        if (high != 0)
            return high;
        var low = _low.CompareTo(other._low);
        return low != 0 ? low : Number.CompareTo(other.Number);
    }
}
