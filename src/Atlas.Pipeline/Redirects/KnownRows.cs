using Atlas.Pipeline.Dedup;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Redirects;

/// <summary>Says of keys whether the ledger has a row of theirs. Looks at the rows near the one that the index names; what it has found before it knows, as whole sites redirect to one page. Any thread.</summary>
/// <param name="ledgerFile">Opened when it is first needed.</param>
internal sealed class KnownRows(string ledgerFile) : IDisposable
{
    private const int MostRemembered = 65_536;

    private readonly Lock _gate = new();
    private readonly HashSet<UInt128> _found = [];
    private LedgerLookup? _ledger;

    /// <summary>Null while the key's row is on its way to the ledger.</summary>
    /// <param name="id">The content id.</param>
    /// <param name="above">What the index says of it: see <see cref="ISeenStore.Find"/>.</param>
    public bool? Has(UInt128 id, long above)
    {
        lock (_gate)
        {
            if (_found.Contains(id))
                return true;
            _ledger ??= new LedgerLookup(ledgerFile);
            if (!_ledger.IsOver(id))
            {
                if (above == ISeenStore.Unknown)
                    return false;
                if (_ledger.FindNear(id, above) is null)
                    return null;
            }

            if (_found.Count == MostRemembered)
                _found.Clear();
            return _found.Add(id);
        }
    }

    public void Dispose() => _ledger?.Dispose();
}
