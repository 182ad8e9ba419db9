using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Hashing;
using System.Runtime.ExceptionServices;

namespace Atlas.Pipeline.Dedup;

/// <summary>The files in the index's directory: makes checkpoints' files durable, seals them with hashes, verifies and deletes them.</summary>
/// <remarks>
/// The hashes guard against damage, not against forgery: whoever can write here can write the ledger too. So they are of the kind that costs no more than reading.
/// The log is only appended to, but for the marks that <see cref="LogRecords"/> names, so stretches of it that a checkpoint covered whole are hashed once, however many checkpoints follow.
/// </remarks>
internal sealed class SeenFiles(string root, IDisk disk)
{
    /// <summary>Bytes of the log, and of a large file of a checkpoint, under one hash; divides a segment.</summary>
    private const long StretchBytes = 64L << 20;

    private readonly List<SealedStretch> _wholeStretches = [];
    private readonly List<SealedStretch> _table = [];
    private CheckpointNames? _previous;

    public string Root { get; } = root;

    public string LogPath => Path.Combine(Root, "log");

    /// <summary>Deletes everything: for a rebuild.</summary>
    public void DeleteAll()
    {
        if (Directory.Exists(Root))
            Directory.Delete(Root, recursive: true);
        disk.CreateDirectory(Root);
        _wholeStretches.Clear();
        _table.Clear();
    }

    /// <summary>Makes a checkpoint's bytes durable and lists them. Keys may be added meanwhile: the log grows behind the tail, and a filter that knows more of them is as good.</summary>
    /// <param name="taken">What the checkpoint consists of.</param>
    /// <param name="shape">See <see cref="FasterShape.NameOf"/>.</param>
    /// <param name="bloom">The filter to save beside it, if there is one.</param>
    public SeenManifest Seal(FixedCheckpoint taken, string shape, BloomFilter? bloom)
    {
        var names = taken.Names;
        var stretches = SealLog(taken.Tail);
        if (bloom is not null)
        {
            var name = FilterOf(names.Token);
            disk.Replace(Path.Combine(Root, name), bloom.Bytes);
            stretches.Add(Sealed(name, 0, bloom.Bytes.Length));
        }

        // A table that an earlier checkpoint has brought is sealed already.
        if (!_table.Exists(stretch => IsPartOf(stretch.Name, names.IndexToken)))
        {
            var table = SealAll(names.IndexToken).ToList();
            _table.Clear();
            _table.AddRange(table);
        }

        stretches.AddRange(_table);
        stretches.AddRange(SealAll(names.Token));
        return new SeenManifest(names.Token, names.IndexToken, taken.Table.Count, shape, taken.Count, stretches);
    }

    /// <exception cref="InvalidDataException">A file is not what the checkpoint left.</exception>
    /// <exception cref="IOException">A file is missing or cannot be read.</exception>
    public void Verify(SeenManifest manifest)
    {
        // Without its filter the index is slower and as exact.
        var stretches = manifest.Stretches.Where(stretch => stretch.Name != FilterOf(manifest.Token)).ToArray();
        if (FirstDamaged(stretches) is { } damaged)
            throw new InvalidDataException($"'{damaged.Name}' of the dedup index is not as its checkpoint left it.");

        _wholeStretches.AddRange(stretches.Where(stretch => IsLog(stretch.Name) && stretch.Length == StretchBytes));
        _table.AddRange(stretches.Where(stretch => IsPartOf(stretch.Name, manifest.IndexToken)));
        if (!manifest.Stretches.Any(stretch => IsLog(stretch.Name)) || _table.Count == 0 || !manifest.Stretches.Any(stretch => IsPartOf(stretch.Name, manifest.Token)))
            throw new InvalidDataException("The manifest of the dedup index is not complete.");
    }

    /// <summary>Loads the filter that was saved with a checkpoint; false when it is not there or not whole.</summary>
    public bool TryLoad(SeenManifest manifest, BloomFilter into)
    {
        var name = FilterOf(manifest.Token);
        if (manifest.Stretches.FirstOrDefault(stretch => stretch.Name == name) is not { } saved || !disk.Exists(Path.Combine(Root, name)))
            return false;
        var bytes = disk.ReadAll(Path.Combine(Root, name));
        if (bytes.Length != into.Bytes.Length || TextOf(XxHash128.HashToUInt128(bytes)) != saved.Hash)
            return false;
        bytes.CopyTo(into.Bytes);
        return true;
    }

    /// <summary>Whether the filter that was saved with a checkpoint is there and whole, or was never saved.</summary>
    public bool FilterIsWhole(SeenManifest manifest)
    {
        if (manifest.Stretches.FirstOrDefault(stretch => stretch.Name == FilterOf(manifest.Token)) is not { } saved)
            return true;
        return disk.Exists(Path.Combine(Root, saved.Name)) && new FileInfo(Path.Combine(Root, saved.Name)).Length == saved.Length
            && HashOf(saved.Name, 0, saved.Length, makeDurable: false) == saved.Hash;
    }

    /// <summary>After a new checkpoint: the one before it stays, because the ledger may not come to know the new one.</summary>
    public void KeepNewestTwo(CheckpointNames newest)
    {
        DeleteCheckpointsExcept(newest, _previous);
        _previous = newest;
    }

    /// <summary>Before a recovery: other checkpoints point into a log that is about to be written over.</summary>
    public void KeepOnly(CheckpointNames names)
    {
        DeleteCheckpointsExcept(names, null);
        _previous = names;
    }

    /// <summary>Reads all of them, as many at a time as there are cores; null when each is what it was.</summary>
    private SealedStretch? FirstDamaged(SealedStretch[] stretches)
    {
        SealedStretch? damaged = null;
        ExceptionDispatchInfo? failure = null;
        Parallel.ForEach(Partitioner.Create(stretches, EnumerablePartitionerOptions.NoBuffering), (stretch, all) =>
        {
            try
            {
                if (HashOf(stretch.Name, stretch.Start, stretch.Length, makeDurable: false) == stretch.Hash)
                    return;
                damaged = stretch;
            }
            catch (Exception error)
            {
                failure = ExceptionDispatchInfo.Capture(error);
            }

            all.Stop();
        });
        failure?.Throw();
        return damaged;
    }

    private List<SealedStretch> SealLog(long tail)
    {
        for (var start = _wholeStretches.Count * StretchBytes; start < tail; start += StretchBytes)
        {
            var name = $"log.{start / FasterShape.SegmentBytes}";
            var stretch = Sealed(name, start % FasterShape.SegmentBytes, Math.Min(StretchBytes, tail - start));
            if (stretch.Length < StretchBytes)
                return [.. _wholeStretches, stretch];
            _wholeStretches.Add(stretch);
        }

        return [.. _wholeStretches];
    }

    private IEnumerable<SealedStretch> SealAll(string token) =>
        Directory.EnumerateFiles(Root, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(path => Path.GetRelativePath(Root, path))
            .Where(name => IsPartOf(name, token))
            .SelectMany(name => SealWhole(name, new FileInfo(Path.Combine(Root, name)).Length));

    /// <summary>A large file in stretches, so that they can be verified at the same time; an empty one is a stretch too, as it has to be there.</summary>
    private IEnumerable<SealedStretch> SealWhole(string name, long length)
    {
        var start = 0L;
        do
        {
            yield return Sealed(name, start, Math.Min(StretchBytes, length - start));
            start += StretchBytes;
        }
        while (start < length);
    }

    private void DeleteCheckpointsExcept(CheckpointNames first, CheckpointNames? second)
    {
        foreach (var kind in Directory.GetDirectories(Root))
        {
            foreach (var checkpoint in Directory.GetDirectories(kind))
            {
                if (!Keeps(Path.GetFileName(checkpoint)))
                    Directory.Delete(checkpoint, recursive: true);
            }
        }

        foreach (var filter in disk.List(Root, "filter.*"))
        {
            if (!Keeps(Path.GetExtension(filter)[1..]))
                disk.Delete(filter);
        }

        bool Keeps(string name) =>
            Guid.TryParse(name, out var token) && token.ToString("N") is var text && (first.Has(text) || second?.Has(text) == true);
    }

    private SealedStretch Sealed(string name, long start, long length) =>
        new(name, start, length, HashOf(name, start, length, makeDurable: true));

    private string HashOf(string name, long start, long length, bool makeDurable)
    {
        var path = Path.Combine(Root, name);
        using var file = makeDurable && disk.Exists(path) ? disk.Open(path) : disk.OpenRead(path);
        if (makeDurable)
            file.Sync();
        var hash = new XxHash128();
        var buffer = ArrayPool<byte>.Shared.Rent(1 << 20);
        for (var end = start + length; start < end;)
        {
            var part = buffer.AsSpan(0, (int)Math.Min(buffer.Length, end - start));
            ReadAll(file, name, part, start);
            if (IsLog(name))
                LogRecords.MaskPassingMarks(part);
            hash.Append(part);
            start += part.Length;
        }

        ArrayPool<byte>.Shared.Return(buffer);
        return TextOf(hash.GetCurrentHashAsUInt128());
    }

    private static string TextOf(UInt128 hash) => hash.ToString("x32", CultureInfo.InvariantCulture);

    internal static void ReadAll(IDiskFile file, string name, Span<byte> into, long offset)
    {
        while (into.Length > 0)
        {
            var read = file.Read(into, offset);
            if (read == 0)
                throw new InvalidDataException($"'{name}' of the dedup index is cut short.");
            into = into[read..];
            offset += read;
        }
    }

    internal static bool IsLog(string name) => name.StartsWith("log.", StringComparison.Ordinal);

    private static string FilterOf(string token) => $"filter.{token}";

    private static bool IsPartOf(string name, string token) =>
        Path.GetDirectoryName(name) is { Length: > 0 } directory
        && Guid.TryParse(Path.GetFileName(directory), out var owner) && owner.ToString("N") == token;
}
