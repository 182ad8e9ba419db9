using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Atlas.Pipeline.Fsck;

/// <summary>Keys with a number each, split by their first byte, so that any count of them is compared in little memory: what does not fit its buffer goes to a file.</summary>
/// <remarks>Keys are uniformly distributed, so a part holds about a 256th of them. Memory: 16 MiB of buffers, and 24 bytes for each key of the largest part, read back one at a time: with 100 million keys 10 MiB.</remarks>
internal sealed class KeyPartitions : IDisposable
{
    public const int Parts = 256;

    private readonly int _keysPerBuffer;
    private readonly string _directory;
    private readonly string _name;
    private readonly NumberedKey[]?[] _buffers = new NumberedKey[Parts][];
    private readonly int[] _filled = new int[Parts];
    private readonly SafeFileHandle?[] _files = new SafeFileHandle[Parts];
    private readonly long[] _written = new long[Parts];
    private NumberedKey[] _sorted = [];

    /// <param name="directory">Where files may be made; they are gone when this is disposed, or the process ends.</param>
    /// <param name="name">How they begin.</param>
    /// <param name="keysPerBuffer">Keys of a part that are held before they go to its file; 64 KiB by default.</param>
    public KeyPartitions(string directory, string name, int keysPerBuffer = 2_730)
    {
        _directory = directory;
        _name = name;
        _keysPerBuffer = keysPerBuffer;
    }

    public long Count { get; private set; }

    /// <exception cref="SpillException">What does not fit the buffers cannot be written.</exception>
    public void Add(UInt128 key, long number)
    {
        var part = (int)(key >> 120);
        var buffer = _buffers[part] ??= new NumberedKey[_keysPerBuffer];
        buffer[_filled[part]++] = new NumberedKey(key, number);
        Count++;
        if (_filled[part] == buffer.Length)
            Spill(part);
    }

    /// <summary>All keys of a part, sorted by key and then number. Good until the next call.</summary>
    public ReadOnlySpan<NumberedKey> Sorted(int part)
    {
        var before = (int)(_written[part] / NumberedKey.Size);
        var count = before + _filled[part];
        if (_sorted.Length < count)
            _sorted = new NumberedKey[count + (count / 16)];
        var keys = _sorted.AsSpan(0, count);
        var into = MemoryMarshal.AsBytes(keys[..before]);
        for (var at = 0; at < into.Length;)
        {
            var read = RandomAccess.Read(_files[part]!, into[at..], at);
            if (read == 0)
                throw new IOException($"A temporary file in {_directory} is cut short.");
            at += read;
        }

        _buffers[part]?.AsSpan(0, _filled[part]).CopyTo(keys[before..]);
        keys.Sort();
        return keys;
    }

    public void Dispose()
    {
        foreach (var file in _files)
            file?.Dispose();
    }

    private void Spill(int part)
    {
        var bytes = MemoryMarshal.AsBytes(_buffers[part].AsSpan(0, _filled[part]));
        try
        {
            RandomAccess.Write(_files[part] ??= Make(Path.Combine(_directory, $"{_name}.{part:x2}")), bytes, _written[part]);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new SpillException($"A temporary file in {_directory} cannot be written: {error.Message}", error);
        }

        _written[part] += bytes.Length;
        _filled[part] = 0;
    }

    private static SafeFileHandle Make(string path)
    {
        var file = File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite, FileShare.None, FileOptions.DeleteOnClose);

        // Closing would not come to it in a process that is killed; Windows itself sees to that.
        if (!OperatingSystem.IsWindows())
            File.Delete(path);
        return file;
    }
}

/// <summary>There is no room to compare keys in: that says nothing about the state.</summary>
internal sealed class SpillException(string message, Exception cause) : IOException(message, cause);

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
