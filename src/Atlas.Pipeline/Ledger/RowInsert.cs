using System.Text;

namespace Atlas.Pipeline.Ledger;

/// <summary>Appends rows of a number, a text and packed columns to one table, several with one statement: a statement costs about as much to begin and end as a row to write. The writer's thread alone; rows are written in the order in which they came.</summary>
internal sealed class RowInsert
{
    /// <summary>Rows of one statement. More gain nothing that can be measured.</summary>
    public const int Rows = 8;

    private const int Parameters = 3;

    private readonly SqlStatement _several;
    private readonly SqlStatement _one;
    private readonly bool _isText;
    private readonly int _packedSize;

    /// <summary>The packed columns of the rows that wait. Pinned, as they are bound in place.</summary>
    private readonly byte[] _packed;

    private readonly Row[] _rows = new Row[Rows];
    private int _waiting;
    private bool _isBound;

    /// <param name="connection">The writer's.</param>
    /// <param name="table">With its columns.</param>
    /// <param name="isText">Whether the second column is text; bytes without a meaning otherwise.</param>
    /// <param name="packedSize">Bytes of the packed columns of a row.</param>
    public RowInsert(SqlConnection connection, string table, bool isText, int packedSize)
    {
        _isText = isText;
        _packedSize = packedSize;
        _packed = GC.AllocateUninitializedArray<byte>(Rows * packedSize, pinned: true);
        var several = new StringBuilder($"INSERT INTO {table} VALUES(?,?,?)");
        _one = connection.Prepare(several.ToString());
        for (var at = 1; at < Rows; at++)
            several.Append(", (?,?,?)");
        _several = connection.Prepare(several.ToString());
    }

    /// <summary>Where the packed columns of the next row are written, before it is added.</summary>
    public Span<byte> NextPacked => Packed(_waiting);

    /// <summary>A row that is complete; it is written with others, at the latest by <see cref="End"/>.</summary>
    /// <param name="sequence">Higher than that of any row before.</param>
    /// <param name="pinned">Pinned and unchanged until <see cref="End"/>.</param>
    public void Add(long sequence, ReadOnlySpan<byte> pinned)
    {
        _rows[_waiting] = new Row(sequence, new PinnedSpan(pinned));
        if (++_waiting < Rows)
            return;
        for (var row = 0; row < Rows; row++)
            Bind(_several, row, (row * Parameters) + 1);
        _isBound = true;
        _several.Run();
        _waiting = 0;
    }

    /// <summary>Writes what waits, and lets go of what was bound.</summary>
    public void End()
    {
        for (var row = 0; row < _waiting; row++)
        {
            Bind(_one, row, first: 1);
            _one.Run();
        }

        if (_waiting > 0)
            _one.Unbind();
        if (_isBound)
            _several.Unbind();
        _waiting = 0;
        _isBound = false;
    }

    private void Bind(SqlStatement statement, int row, int first)
    {
        ref readonly var waiting = ref _rows[row];
        statement.Bind(first, waiting.Sequence);
        if (_isText)
            statement.BindTextInPlace(first + 1, waiting.Text.Bytes);
        else
            statement.BindBlobInPlace(first + 1, waiting.Text.Bytes);
        statement.BindBlobInPlace(first + 2, Packed(row));
    }

    private Span<byte> Packed(int row) => _packed.AsSpan(row * _packedSize, _packedSize);

    /// <summary>A row without its packed columns.</summary>
    private readonly record struct Row(long Sequence, PinnedSpan Text);
}
