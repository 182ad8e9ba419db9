namespace Atlas.Pipeline.Ledger;

/// <summary>Appends the rows of one queue.</summary>
internal sealed class QueueInsert(SqlConnection connection, string queue)
    : RowInsert(connection, $"{queue}(seq, url, packed)", parameters: 3, _ => "(?,?,?)")
{
    /// <summary>The packed columns of the rows that wait. Pinned, as they are bound in place.</summary>
    private readonly byte[] _packed = GC.AllocateUninitializedArray<byte>(Rows * PackedRow.Size, pinned: true);

    private readonly Row[] _rows = new Row[Rows];

    /// <param name="sequence">Higher than that of any row before.</param>
    /// <param name="pinnedUrl">Pinned and unchanged until <see cref="RowInsert.End"/>.</param>
    /// <param name="columns">The rest of the row.</param>
    public void Add(long sequence, ReadOnlySpan<byte> pinnedUrl, in PackedRow columns)
    {
        columns.Write(Packed(Waiting));
        _rows[Waiting] = new Row(sequence, new PinnedSpan(pinnedUrl));
        Added();
    }

    protected override void Bind(SqlStatement statement, int row, int first)
    {
        ref readonly var waiting = ref _rows[row];
        statement.Bind(first, waiting.Sequence).BindTextInPlace(first + 1, waiting.Url.Bytes).BindBlobInPlace(first + 2, Packed(row));
    }

    private Span<byte> Packed(int row) => _packed.AsSpan(row * PackedRow.Size, PackedRow.Size);

    /// <summary>A row without its packed columns.</summary>
    private readonly record struct Row(long Sequence, PinnedSpan Url);
}
