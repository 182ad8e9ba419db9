using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Atlas.Pipeline.Ledger;

/// <summary>Appends rows to one queue, several with one statement: a statement costs about as much to begin and end as a row to write. The writer's thread alone; binds a batch's bytes where they are.</summary>
internal sealed unsafe class QueueInsert
{
    /// <summary>Rows of one statement. More gain nothing that can be measured.</summary>
    private const int Rows = 8;

    private const int Columns = 3;

    private readonly SqlStatement _several;
    private readonly SqlStatement _one;

    /// <summary>The packed columns of the rows that wait. Pinned, as they are bound in place.</summary>
    private readonly byte[] _packed = GC.AllocateUninitializedArray<byte>(Rows * PackedRow.Size, pinned: true);

    private readonly Waiting[] _waiting = new Waiting[Rows];
    private int _count;
    private bool _isBound;

    public QueueInsert(SqlConnection connection, string queue)
    {
        var several = new StringBuilder($"INSERT INTO {queue}(seq, url, packed) VALUES(?,?,?)");
        for (var row = 1; row < Rows; row++)
            several.Append(", (?,?,?)");
        _several = connection.Prepare(several.ToString());
        _one = connection.Prepare($"INSERT INTO {queue}(seq, url, packed) VALUES(?,?,?)");
    }

    /// <summary>Takes a row; it is written with others, at the latest by <see cref="End"/>.</summary>
    /// <param name="sequence">Higher than that of any row before.</param>
    /// <param name="pinnedUrl">Pinned and unchanged until <see cref="End"/>.</param>
    /// <param name="columns">The rest of the row.</param>
    public void Add(long sequence, ReadOnlySpan<byte> pinnedUrl, in PackedRow columns)
    {
        columns.Write(_packed.AsSpan(_count * PackedRow.Size));
        _waiting[_count++] = new Waiting(sequence, (nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(pinnedUrl)), pinnedUrl.Length);
        if (_count < Rows)
            return;
        for (var row = 0; row < Rows; row++)
            Bind(_several, row, at: row);
        _several.Run();
        _count = 0;
        _isBound = true;
    }

    /// <summary>Writes what waits, and lets go of what was bound.</summary>
    public void End()
    {
        for (var row = 0; row < _count; row++)
        {
            Bind(_one, row, at: 0);
            _one.Run();
        }

        if (_count > 0)
            _one.Unbind();
        if (_isBound)
            _several.Unbind();
        _count = 0;
        _isBound = false;
    }

    private void Bind(SqlStatement statement, int row, int at)
    {
        ref readonly var waiting = ref _waiting[row];
        var first = (at * Columns) + 1;
        statement.Bind(first, waiting.Sequence)
            .BindTextInPlace(first + 1, new ReadOnlySpan<byte>((void*)waiting.Url, waiting.Length))
            .BindBlobInPlace(first + 2, _packed.AsSpan(row * PackedRow.Size, PackedRow.Size));
    }

    /// <summary>A row without its packed columns.</summary>
    private readonly record struct Waiting(long Sequence, nint Url, int Length);
}
