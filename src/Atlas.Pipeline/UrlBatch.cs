using Atlas.Urls;

namespace Atlas.Pipeline;

/// <summary>What travels before the ledger: up to a few hundred lines of one source, in pooled and pinned bytes.</summary>
/// <remarks>
/// One block owns a batch at a time, so nothing here is synchronized. Buffers are pinned because the ledger binds them to SQL statements in place.
/// Whoever ends a batch's way calls <see cref="Release"/> once: after its rows are durable, or written out.
/// </remarks>
internal sealed class UrlBatch
{
    /// <summary>Most rows in one batch. 64 to 256 per message is the knee of the dataflow cost curve (docs/architecture.md).</summary>
    public const int MaxRows = 256;

    /// <summary>Bytes of lines that one batch can hold: two of the longest lines that are accepted.</summary>
    public const int TextCapacity = 128 * 1024;

    private readonly UrlBatchPool _pool;

    // What Canonical is again when the batch goes back to the pool, so that one batch of odd lines does not make every later one larger than the memory bound says.
    private readonly byte[] _ownCanonical = GC.AllocateUninitializedArray<byte>(TextCapacity, pinned: true);

    internal UrlBatch(UrlBatchPool pool)
    {
        _pool = pool;
        Canonical = _ownCanonical;
    }

    /// <summary>The lines as received. Rows point into it; what lies between rows (terminators, skipped lines) has no meaning.</summary>
    public byte[] Text { get; } = GC.AllocateUninitializedArray<byte>(TextCapacity, pinned: true);

    /// <summary>The canonical forms. Replaced by a larger array when <see cref="ReserveCanonical"/> asks for more, until the batch is released.</summary>
    public byte[] Canonical { get; private set; }

    /// <summary>Bytes of <see cref="Canonical"/> that are in use.</summary>
    public int CanonicalLength { get; set; }

    public UrlRow[] Rows { get; } = new UrlRow[MaxRows];

    /// <summary>Rows in use.</summary>
    public int Count { get; set; }

    /// <summary>The source's name in the YAML.</summary>
    public string Source { get; set; } = "";

    /// <summary>When the batch was read, as a timestamp of the run's TimeProvider.</summary>
    public long ReadAt { get; set; }

    /// <summary>What the source waits for: settled when all copies of this batch have reached their end.</summary>
    public Receipt? Receipt { get; set; }

    /// <summary>Set by the dedup stage: decided, and neither released nor in a transaction.</summary>
    public InFlight? Decided { get; set; }

    /// <summary>On the copy that counts: the side copies that tees have made of it. The ledger waits until they have reached their ends, so that what it commits has been written wherever else it goes.</summary>
    public InFlight? SideCopies { get; set; }

    /// <summary>On a side copy: where it is counted until it is released.</summary>
    public InFlight? SideOf { get; set; }

    /// <summary>On a batch of dead letters that are replayed: by row, the letter that it was. Null on every other.</summary>
    public ReplayedLetters? Letters { get; set; }

    /// <summary>False for the copies that a tee hands to side outputs: the books count a line once.</summary>
    public bool CountsInBooks { get; set; } = true;

    public Span<UrlRow> ActiveRows => Rows.AsSpan(0, Count);

    public ReadOnlySpan<byte> TextOf(in UrlRow row) => Text.AsSpan(row.TextStart, row.TextLength);

    public ReadOnlySpan<byte> CanonicalOf(in UrlRow row) => Canonical.AsSpan(row.CanonicalStart, row.CanonicalLength);

    public ReadOnlySpan<byte> HostOf(in UrlRow row) => Canonical.AsSpan(row.HostStart, row.HostLength);

    /// <summary>The row's content id: computed when it is first asked for.</summary>
    public UInt128 IdOf(ref UrlRow row)
    {
        if (row.ContentId == UInt128.Zero)
            row.ContentId = ContentId.Of(KnownBy(row));
        return row.ContentId;
    }

    /// <summary>The row's fingerprint: computed when it is first asked for. What has a content id already, or no processor for fingerprints, is known by its id.</summary>
    public UInt128 FingerprintOf(ref UrlRow row)
    {
        if (row.Fingerprint == UInt128.Zero)
            row.Fingerprint = Fingerprint.IsSupported && row.ContentId == UInt128.Zero ? Fingerprint.Of(KnownBy(row)) : IdOf(ref row);
        return row.Fingerprint;
    }

    /// <summary>What a row is the same by: its canonical form, or the line itself where there is none.</summary>
    private ReadOnlySpan<byte> KnownBy(in UrlRow row) => row.CanonicalLength > 0 ? CanonicalOf(row) : TextOf(row);

    /// <summary>Makes room for at least <paramref name="bytes"/> more canonical bytes; what is there stays.</summary>
    public void ReserveCanonical(int bytes)
    {
        if (Canonical.Length - CanonicalLength >= bytes)
            return;

        var larger = GC.AllocateUninitializedArray<byte>(Math.Max(Canonical.Length * 2, CanonicalLength + bytes), pinned: true);
        Canonical.AsSpan(0, CanonicalLength).CopyTo(larger);
        Canonical = larger;
    }

    /// <summary>A copy of the rows that <paramref name="take"/> names, sharing the receipt: both must be released.</summary>
    /// <param name="take">The indexes of the rows to copy, or empty for all of them.</param>
    public UrlBatch Fork(ReadOnlySpan<int> take = default)
    {
        var copy = _pool.Rent();
        copy.Source = Source;
        copy.ReadAt = ReadAt;
        copy.CountsInBooks = CountsInBooks;
        copy.Receipt = Receipt;
        copy.Decided = Decided;
        copy.SideCopies = SideCopies;
        copy.SideOf = SideOf;
        copy.Letters = Letters?.Of(take);
        Receipt?.Fork();
        Decided?.Enter();
        SideOf?.Enter();

        if (Count > 0)
            Text.AsSpan(0, Rows[Count - 1].TextStart + Rows[Count - 1].TextLength).CopyTo(copy.Text);
        copy.ReserveCanonical(CanonicalLength);
        Canonical.AsSpan(0, CanonicalLength).CopyTo(copy.Canonical);
        copy.CanonicalLength = CanonicalLength;
        if (take.IsEmpty)
        {
            ActiveRows.CopyTo(copy.Rows);
            copy.Count = Count;
        }
        else
        {
            foreach (var index in take)
                copy.Rows[copy.Count++] = Rows[index];
        }

        return copy;
    }

    /// <summary>By the ledger, when the rows are in its transaction: what it is told from here on is never committed without them.</summary>
    public void IsInTransaction()
    {
        Decided?.Leave();
        Decided = null;
    }

    /// <summary>Ends this batch's way: settles its receipt and gives its buffers back. The caller must not touch it afterwards.</summary>
    public void Release()
    {
        Receipt?.Settle();
        Decided?.Leave();
        SideOf?.Leave();
        _pool.Return(this);
    }

    internal void Reset()
    {
        Count = 0;
        Canonical = _ownCanonical;
        CanonicalLength = 0;
        Source = "";
        ReadAt = 0;
        Receipt = null;
        Decided = null;
        SideCopies = null;
        SideOf = null;
        Letters = null;
        CountsInBooks = true;
    }
}

/// <summary>Dead letters that come as lines again.</summary>
/// <param name="Replay">The ledger's number of what they are replayed by.</param>
/// <param name="Sequences">The ledger's number of each row's letter.</param>
internal sealed record ReplayedLetters(long Replay, long[] Sequences)
{
    /// <summary>Those of some rows; of all when none is named.</summary>
    public ReplayedLetters Of(ReadOnlySpan<int> rows)
    {
        if (rows.IsEmpty)
            return this;
        var some = new long[rows.Length];
        for (var i = 0; i < some.Length; i++)
            some[i] = Sequences[rows[i]];
        return this with { Sequences = some };
    }
}
