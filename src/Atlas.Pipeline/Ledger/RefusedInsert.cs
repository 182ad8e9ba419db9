namespace Atlas.Pipeline.Ledger;

/// <summary>Appends refused lines. (Admitted URLs that died are <see cref="WorkWriter"/>'s.)</summary>
internal sealed class RefusedInsert(SqlConnection connection)
    : RowInsert(connection, "refused(seq, line, packed)", parameters: 3, _ => "(?,?,?)")
{
    /// <summary>The packed columns of the rows that wait. Pinned, as they are bound in place.</summary>
    private readonly byte[] _packed = GC.AllocateUninitializedArray<byte>(Rows * PackedRefusal.Size, pinned: true);

    private readonly Row[] _rows = new Row[Rows];

    /// <param name="sequence">Higher than that of any row before.</param>
    /// <param name="pinnedLine">As it was read. Pinned and unchanged until <see cref="RowInsert.End"/>.</param>
    /// <param name="columns">The rest of the row.</param>
    public void Add(long sequence, ReadOnlySpan<byte> pinnedLine, in PackedRefusal columns)
    {
        columns.Write(Packed(Waiting));
        _rows[Waiting] = new Row(sequence, new PinnedSpan(pinnedLine));
        Added();
    }

    protected override void Bind(SqlStatement statement, int row, int first)
    {
        ref readonly var waiting = ref _rows[row];
        statement.Bind(first, waiting.Sequence).BindBlobInPlace(first + 1, waiting.Line.Bytes).BindBlobInPlace(first + 2, Packed(row));
    }

    private Span<byte> Packed(int row) => _packed.AsSpan(row * PackedRefusal.Size, PackedRefusal.Size);

    /// <summary>A row without its packed columns.</summary>
    private readonly record struct Row(long Sequence, PinnedSpan Line);
}
