using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Hashing;
using System.Runtime.ExceptionServices;
using System.Text;

namespace Atlas.Pipeline.Dedup;

/// <summary>The files in the index's directory: makes checkpoints' files durable, seals them with hashes, verifies and deletes them.</summary>
/// <remarks>
/// The hashes guard against damage, not against forgery: whoever can write here can write the ledger too. So they are of the kind that costs no more than reading.
/// The log is only appended to, but for the marks that <see cref="LogRecords"/> names, so its hashes go on from checkpoint to checkpoint (<see cref="LogFollower"/>).
/// </remarks>
internal sealed class SeenFiles(string root, IDisk disk)
{
    /// <summary>A file that says that the index must not be used again.</summary>
    private const string DamagedMark = "damaged";

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
        _table.Clear();
    }

    /// <summary>Says to every later start that what lies here is damaged, and what: it is made anew then. Never throws.</summary>
    public void MarkDamaged(string what)
    {
        try
        {
            disk.Replace(Path.Combine(Root, DamagedMark), Encoding.UTF8.GetBytes(what));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Then a later start finds the damage as this one did: before it believes what is damaged.
        }
    }

    /// <summary>Saves the filter beside a hash table. Keys may be added meanwhile: whether one of them is in does not matter, as a recovery adds those that the log has behind the table.</summary>
    /// <param name="bloom">The filter.</param>
    /// <param name="indexToken">The table's name.</param>
    /// <returns>Its stretches.</returns>
    public List<SealedStretch> SaveFilter(BloomFilter bloom, string indexToken)
    {
        var hashes = new RunningHashes(FilterOf(indexToken));
        using (var file = disk.Open(Path.Combine(Root, FilterOf(indexToken))))
        {
            HashedFile.Write(file, 0, bloom.Bytes, hashes);
            file.Sync();
        }

        return hashes.Sealed();
    }

    /// <summary>Makes a checkpoint's bytes durable and lists them. Keys may be added meanwhile: the log grows behind its end.</summary>
    /// <param name="names">Of its parts.</param>
    /// <param name="table">Its hash table.</param>
    /// <param name="count">Keys in it.</param>
    /// <param name="shape">See <see cref="FasterShape.NameOf"/>.</param>
    /// <param name="log">The log's stretches, durable.</param>
    /// <param name="written">Of a file that was hashed while it was written, its stretches.</param>
    public SeenManifest Seal(CheckpointNames names, WrittenTable table, long count, string shape, IReadOnlyList<SealedStretch> log, Func<string, IReadOnlyList<SealedStretch>?> written)
    {
        // A table that an earlier checkpoint has brought is sealed already.
        if (!_table.Exists(stretch => IsPartOf(stretch.Name, names.IndexToken)))
        {
            var stretches = SealAll(names.IndexToken, written).ToList();
            _table.Clear();
            _table.AddRange(stretches);
        }

        return new SeenManifest(names.Token, names.IndexToken, table.Count, table.Tail, shape, count, [.. log, .. table.Filter, .. _table, .. SealAll(names.Token, written)]);
    }

    /// <summary>Verifies all of a checkpoint.</summary>
    /// <exception cref="InvalidDataException">A file is not what the checkpoint left.</exception>
    /// <exception cref="IOException">A file is missing or cannot be read.</exception>
    public void Verify(SeenManifest manifest) => Verify(manifest, logFrom: 0);

    /// <summary>Verifies a checkpoint but for its filter and what its log has before an address.</summary>
    /// <returns>The log, of which the rest is verified before it is believed.</returns>
    /// <inheritdoc cref="Verify(SeenManifest)"/>
    public SealedLog Verify(SeenManifest manifest, long logFrom)
    {
        if (disk.Exists(Path.Combine(Root, DamagedMark)))
            throw new InvalidDataException($"The dedup index was found damaged: {Encoding.UTF8.GetString(disk.ReadAll(Path.Combine(Root, DamagedMark)))}");
        var log = manifest.Stretches.Where(stretch => IsLog(stretch.Name)).ToArray();
        var table = manifest.Stretches.Where(stretch => IsPartOf(stretch.Name, manifest.IndexToken)).ToArray();
        var rest = manifest.Stretches.Where(stretch => IsPartOf(stretch.Name, manifest.Token)).ToArray();
        if (log.Length == 0 || table.Length == 0 || rest.Length == 0)
            throw new InvalidDataException("The manifest of the dedup index is not complete.");

        var sealedLog = new SealedLog(log, IsWhole);
        SealedStretch[] needed = [.. log[sealedLog.IndexOf(logFrom)..], .. table, .. rest];
        if (FirstDamaged(needed) is { } damaged)
            throw new InvalidDataException($"'{damaged.Name}' of the dedup index is not as its checkpoint left it.");
        sealedLog.Believe(logFrom);

        _table.Clear();
        _table.AddRange(table);
        return sealedLog;
    }

    /// <summary>Loads the filter that was saved with a checkpoint's table; false when it is not there or not whole.</summary>
    public bool TryLoad(SeenManifest manifest, BloomFilter into)
    {
        if (!FilterIsWhole(manifest) || into.Bytes.Length != FilterIn(manifest).Sum(stretch => stretch.Length))
            return false;
        using var file = disk.OpenRead(Path.Combine(Root, FilterOf(manifest.IndexToken)));
        ReadAll(file, FilterOf(manifest.IndexToken), into.Bytes, 0);
        return true;
    }

    /// <summary>Whether the filter that was saved with a checkpoint's table is there and whole.</summary>
    public bool FilterIsWhole(SeenManifest manifest)
    {
        var name = FilterOf(manifest.IndexToken);
        var saved = FilterIn(manifest);
        if (saved.Length == 0 || !disk.Exists(Path.Combine(Root, name)))
            return false;
        using (var file = disk.OpenRead(Path.Combine(Root, name)))
        {
            if (file.Length != saved.Sum(stretch => stretch.Length))
                return false;
        }

        return FirstDamaged(saved) is null;
    }

    /// <summary>The stretches of the filter that was saved with a checkpoint's table.</summary>
    public static SealedStretch[] FilterIn(SeenManifest manifest) => [.. manifest.Stretches.Where(stretch => stretch.Name == FilterOf(manifest.IndexToken))];

    /// <summary>After a new checkpoint. The one before it stays, for a ledger that does not know the new one.</summary>
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
                if (IsWhole(stretch))
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

    private IEnumerable<SealedStretch> SealAll(string token, Func<string, IReadOnlyList<SealedStretch>?> written) =>
        Directory.EnumerateFiles(Root, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(path => Path.GetRelativePath(Root, path))
            .Where(name => IsPartOf(name, token))
            .SelectMany(name => SealFile(name, written(name)));

    private IReadOnlyList<SealedStretch> SealFile(string name, IReadOnlyList<SealedStretch>? written)
    {
        using var file = disk.Open(Path.Combine(Root, name));
        file.Sync();
        if (written is not null && written.Sum(stretch => stretch.Length) == file.Length)
            return written;
        var hashes = new RunningHashes(name);
        Read(file, name, 0, file.Length, hashes.Append);
        return hashes.Sealed();
    }

    private void DeleteCheckpointsExcept(CheckpointNames first, CheckpointNames? second)
    {
        foreach (var kind in Directory.GetDirectories(Root))
        {
            foreach (var checkpoint in Directory.GetDirectories(kind))
            {
                if (Keeps(Path.GetFileName(checkpoint)))
                    continue;
                foreach (var file in disk.List(checkpoint, "*"))
                    disk.Delete(file);
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

    private bool IsWhole(SealedStretch stretch)
    {
        using var file = disk.OpenRead(Path.Combine(Root, stretch.Name));
        var hash = new XxHash128();
        Read(file, stretch.Name, stretch.Start, stretch.Start + stretch.Length, part => hash.Append(part));
        return RunningHashes.TextOf(hash.GetCurrentHashAsUInt128()) == stretch.Hash;
    }

    private static void Read(IDiskFile file, string name, long start, long end, SpanAction visit)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(1 << 20);
        try
        {
            while (start < end)
            {
                var part = buffer.AsSpan(0, (int)Math.Min(buffer.Length, end - start));
                ReadAll(file, name, part, start);
                if (IsLog(name))
                    LogRecords.MaskPassingMarks(part);
                visit(part);
                start += part.Length;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Gives the log's bytes between two addresses, part by part, without the marks that mean nothing in them.</summary>
    public void ReadLog(long start, long end, SpanAction visit)
    {
        while (start < end)
        {
            var (name, at) = PlaceInLog(start);
            var part = Math.Min(end - start, FasterShape.SegmentBytes - at);
            using var file = disk.OpenRead(Path.Combine(Root, name));
            Read(file, name, at, at + part, visit);
            start += part;
        }
    }

    /// <summary>The file that has an address of the log, and where in it.</summary>
    public static (string Name, long Start) PlaceInLog(long address) =>
        (string.Create(CultureInfo.InvariantCulture, $"log.{address / FasterShape.SegmentBytes}"), address % FasterShape.SegmentBytes);

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

/// <summary>Takes bytes that are only there during the call.</summary>
internal delegate void SpanAction(ReadOnlySpan<byte> bytes);
