using System.Globalization;
using Atlas.Pipeline.Dedup;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Fsck;

/// <summary>What the checks of one state directory share. One thread.</summary>
internal sealed class Examination(StateDirectory state, SqlConnection ledger, bool repairs, StepProgress progress, Action<Finding> report, TimeProvider time)
{
    public StateDirectory State { get; } = state;

    /// <summary>Open for reading, or for writing when it repairs.</summary>
    public SqlConnection Ledger { get; } = ledger;

    public bool Repairs { get; } = repairs;

    public StepProgress Progress { get; } = progress;

    /// <summary>Whether the ledger was found older than its bodies, or another one's: what has no row may have had one.</summary>
    public bool LedgerIsNotTheLast { get; set; }

    /// <summary>Whether the index is to be made anew after the checks.</summary>
    public bool IndexMustBeRebuilt { get; set; }

    /// <summary>The sizes that the index was made with; null when nobody knows.</summary>
    public DedupOptions? IndexSettings { get; set; }

    public void Note(string part, string what, string where, long count, string wayOut) => report(new Finding(FindingState.Note, part, what, where, count, wayOut));

    /// <summary>Damage that only the operator can do something about.</summary>
    public void Damage(string part, string what, string where, long count, string wayOut) => report(new Finding(FindingState.Damaged, part, what, where, count, wayOut));

    /// <summary>Damage that a repair undoes; it is called at once when there is to be one.</summary>
    /// <param name="willDo">The way out as long as nothing was repaired: "--repair" and what it does.</param>
    /// <param name="repair">Undoes it. In one transaction where it is in the ledger.</param>
    public void Repairable(string part, string what, string where, long count, string willDo, Action repair)
    {
        if (Repairs)
            repair();
        report(new Finding(Repairs ? FindingState.Repaired : FindingState.Damaged, part, what, where, count, willDo));
    }

    /// <summary>Changes the ledger in one transaction.</summary>
    public void InTransaction(Action change)
    {
        Ledger.Execute("BEGIN IMMEDIATE");
        try
        {
            change();
            Ledger.Execute("COMMIT");
        }
        catch
        {
            RollBack();
            throw;
        }
    }

    private void RollBack()
    {
        try
        {
            Ledger.Execute("ROLLBACK");
        }
        catch (LedgerException)
        {
            // SQLite has done so itself, as it does on a full disk; what ended the transaction is worth more.
        }
    }

    /// <summary>Renames a file or directory to NAME.damaged-TIME, where nobody looks for it and it is kept.</summary>
    public string MoveAside(string path)
    {
        var aside = string.Create(CultureInfo.InvariantCulture, $"{path}.damaged-{time.GetUtcNow():yyyyMMdd-HHmmss-fff}");
        if (Directory.Exists(path))
            Directory.Move(path, aside);
        else
            File.Move(path, aside);
        return aside;
    }

    public void AddToCounter(string name, long count, int code = 0) => Ledger.Execute(string.Create(CultureInfo.InvariantCulture,
        $"INSERT INTO counters(name, code, value) VALUES('{name}', {code}, {count}) ON CONFLICT DO UPDATE SET value = value + excluded.value"));

    public void SetCounter(string name, long value, int code = 0) => Ledger.Execute(string.Create(CultureInfo.InvariantCulture,
        $"INSERT INTO counters(name, code, value) VALUES('{name}', {code}, {value}) ON CONFLICT DO UPDATE SET value = excluded.value"));

    public long Counter(string name) => Ledger.Scalar($"SELECT coalesce(sum(value), 0) FROM counters WHERE name = '{name}'");
}
