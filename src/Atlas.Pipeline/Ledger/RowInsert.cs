using System.Text;

namespace Atlas.Pipeline.Ledger;

/// <summary>Appends rows to one table, several with one statement: a statement costs about as much to begin and end as a row to write. The writer's thread alone; rows are written in the order in which they came.</summary>
/// <remarks>What a row binds in place must be pinned, and unchanged until <see cref="End"/>.</remarks>
internal abstract class RowInsert
{
    /// <summary>Rows of one statement. More gain nothing that can be measured.</summary>
    public const int Rows = 8;

    private readonly SqlStatement _several;
    private readonly SqlStatement _one;
    private readonly int _parameters;
    private bool _isBound;

    /// <param name="connection">The writer's.</param>
    /// <param name="table">With the columns.</param>
    /// <param name="parameters">Bound for each row.</param>
    /// <param name="row">A row's values; its argument is the number of its first parameter.</param>
    protected RowInsert(SqlConnection connection, string table, int parameters, Func<int, string> row)
    {
        _parameters = parameters;
        var several = new StringBuilder($"INSERT INTO {table} VALUES{row(1)}");
        _one = connection.Prepare(several.ToString());
        for (var at = 1; at < Rows; at++)
            several.Append(", ").Append(row(First(at)));
        _several = connection.Prepare(several.ToString());
    }

    /// <summary>Rows that wait, and where the next one will.</summary>
    protected int Waiting { get; private set; }

    /// <summary>The row at <see cref="Waiting"/> is complete; it is written with others, at the latest by <see cref="End"/>.</summary>
    protected void Added()
    {
        if (++Waiting < Rows)
            return;
        for (var row = 0; row < Rows; row++)
            Bind(_several, row, First(row));
        _isBound = true;
        _several.Run();
        Waiting = 0;
    }

    /// <summary>Writes what waits, and lets go of what was bound.</summary>
    public void End()
    {
        for (var row = 0; row < Waiting; row++)
        {
            Bind(_one, row, First(0));
            _one.Run();
        }

        if (Waiting > 0)
            _one.Unbind();
        if (_isBound)
            _several.Unbind();
        Waiting = 0;
        _isBound = false;
    }

    /// <summary>Binds a row that waits.</summary>
    /// <param name="statement">To bind it to.</param>
    /// <param name="row">Where it waits.</param>
    /// <param name="first">The number of its first parameter.</param>
    protected abstract void Bind(SqlStatement statement, int row, int first);

    private int First(int at) => (at * _parameters) + 1;
}
