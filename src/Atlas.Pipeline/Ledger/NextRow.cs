namespace Atlas.Pipeline.Ledger;

/// <summary>Whether a table has rows of a sequence number, for numbers that mostly grow and mostly have none: one look serves all numbers up to the next that has some. Whoever writes smaller ones meanwhile calls <see cref="Forget"/>.</summary>
internal sealed class NextRow(SqlConnection connection, string table)
{
    private readonly SqlStatement _next = connection.Prepare($"SELECT min(seq) FROM {table} WHERE seq >= ?1");
    private long _from = long.MaxValue;
    private long _to;

    public void Forget() => (_from, _to) = (long.MaxValue, 0);

    public bool Has(long sequence)
    {
        if (sequence < _from || sequence > _to)
        {
            var isThere = _next.Bind(1, sequence).Step() && _next.Int64(0) > 0;
            (_from, _to) = (sequence, isThere ? _next.Int64(0) : long.MaxValue);
            _next.Reset();
        }

        return sequence == _to;
    }
}
