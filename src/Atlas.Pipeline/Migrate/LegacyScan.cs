using System.Globalization;
using Atlas.Pipeline.Ledger;
using SQLitePCL;

namespace Atlas.Pipeline.Migrate;

/// <summary>Rows that cannot be read, as the row numbers between which they lie; nobody knows how many there were.</summary>
/// <param name="Table">Their table.</param>
/// <param name="First">The first number of the gap.</param>
/// <param name="Last">Its last one; the greatest number there is when the rest of the table is lost.</param>
internal readonly record struct UnreadableRows(string Table, long First, long Last)
{
    public override string ToString() => Last == long.MaxValue
        ? string.Create(CultureInfo.InvariantCulture, $"{Table}: from row {First} on")
        : string.Create(CultureInfo.InvariantCulture, $"{Table}: rows {First} to {Last}");
}

/// <summary>Reads the rows of one table in the order of their numbers, and goes on behind pages that are damaged.</summary>
internal sealed class LegacyScan
{
    private readonly SqlStatement _rows;
    private readonly SqlStatement _from;
    private readonly string _table;

    /// <param name="database">Where the table is.</param>
    /// <param name="select">Reads it as <c>t</c>, its row number in front.</param>
    /// <param name="table">The table's name.</param>
    public LegacyScan(SqlConnection database, string select, string table)
    {
        _table = table;
        _rows = database.Prepare($"{select} WHERE t.rowid >= ?1 ORDER BY t.rowid");
        _from = database.Prepare($"{select} WHERE t.rowid >= ?1 ORDER BY t.rowid LIMIT 1");
    }

    /// <returns>What could not be read.</returns>
    public IReadOnlyList<UnreadableRows> Read(Action<SqlStatement> visit)
    {
        var gaps = new List<UnreadableRows>();
        for (var next = long.MinValue; !TryReadFrom(ref next, visit);)
        {
            var first = next == long.MinValue ? 1 : next;
            if (FindReadable(first) is not { } readable)
            {
                gaps.Add(new UnreadableRows(_table, first, long.MaxValue));
                break;
            }

            gaps.Add(new UnreadableRows(_table, first, readable - 1));
            next = readable;
        }

        return gaps;
    }

    /// <summary>Reads until the end, or up to a page that is damaged: then the next number is the first behind what was read.</summary>
    private bool TryReadFrom(ref long next, Action<SqlStatement> visit)
    {
        _rows.Bind(1, next);
        try
        {
            while (_rows.Step())
            {
                visit(_rows);
                next = _rows.Int64(0) + 1;
            }

            return true;
        }
        catch (LedgerException damage) when (IsDamage(damage))
        {
            return false;
        }
        finally
        {
            _rows.Reset();
        }
    }

    /// <summary>The first row behind a damaged page that can be read; null if there is none.</summary>
    /// <remarks>A page holds some dozens of rows, mostly numbered one after the other: so each number is tried first, that none between two damaged pages is missed. Further on, steps grow until something can be read, or the end, and then halve.</remarks>
    private long? FindReadable(long first)
    {
        const int OneByOne = 4_096;
        long unreadable = 0, step = 1;
        long? found = null;
        while (step < 1L << 40)
        {
            if (TryRow(first + step, out found))
                break;
            unreadable = step;
            step = step < OneByOne ? step + 1 : step * 2;
        }

        if (step >= 1L << 40)
            return null;
        for (var readable = step; readable - unreadable > 1;)
        {
            var middle = unreadable + ((readable - unreadable) / 2);
            if (TryRow(first + middle, out var row))
                (readable, found) = (middle, row);
            else
                unreadable = middle;
        }

        return found;
    }

    private bool TryRow(long from, out long? row)
    {
        row = null;
        try
        {
            row = _from.Bind(1, from).Step() ? _from.Int64(0) : null;
            return true;
        }
        catch (LedgerException damage) when (IsDamage(damage))
        {
            return false;
        }
        finally
        {
            _from.Reset();
        }
    }

    public static bool IsDamage(LedgerException error) => (error.SqliteError & 0xFF) is raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB;
}
