using System.Buffers.Binary;
using Atlas.Pipeline.Check;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Migrate;

/// <summary>Which resources of a census a ledger has already. The queue has no index on its keys, on purpose, so all of them are read once.</summary>
internal sealed class ExistingRows : IDisposable
{
    private readonly SqlConnection _ledger;

    private ExistingRows(SqlConnection ledger) => _ledger = ledger;

    /// <summary>The rules of the last run; null if none has left any.</summary>
    public KeyRules? Rules => KeyRules.Parse(_ledger.Text($"SELECT value FROM meta WHERE name = '{LedgerSchema.KeyRules}'"));

    /// <summary>Null where there is no ledger.</summary>
    /// <exception cref="StateDamagedException">What lies there is no ledger of this version.</exception>
    public static ExistingRows? Open(string state) =>
        StateBefore.OpenLedger(state) is { } ledger ? new ExistingRows(ledger) : null;

    /// <summary>The sequence numbers of the resources that are there, by their number in the census.</summary>
    public Dictionary<int, long> Find(LegacyCensus census) => Find(_ledger, census);

    /// <param name="ledger">Any connection to it.</param>
    /// <param name="census">The resources.</param>
    /// <param name="isWanted">Of which resources it is asked for; null for all.</param>
    /// <remarks>A resource that is refused here, or was given up, is there too when it was admitted; but one that was once refused is not in the way of being admitted.</remarks>
    public static Dictionary<int, long> Find(SqlConnection ledger, LegacyCensus census, Func<int, bool>? isWanted = null)
    {
        var found = new Dictionary<int, long>();
        for (var priority = 0; priority < PriorityClasses.Count; priority++)
            Read(LedgerSchema.QueueOf(priority), isRefused: false);
        Read(LedgerSchema.Refused, isRefused: true);
        return found;

        void Read(string table, bool isRefused)
        {
            var rows = ledger.Prepare($"SELECT seq, packed FROM {table} ORDER BY seq");
            while (rows.Step())
            {
                if (census.TryFind(BinaryPrimitives.ReadUInt128BigEndian(rows.Bytes(1)), out var group) && (!isRefused || census.Group(group).Place == LegacyPlace.DeadLetter) && isWanted?.Invoke(group) != false)
                    found.TryAdd(group, rows.Int64(0));
            }

            rows.Reset();
        }
    }

    public void Dispose() => _ledger.Dispose();
}
