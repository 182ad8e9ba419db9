using Atlas.Pipeline.Fsck;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.AcceptanceTests.Damage;

/// <summary>One damage to one file, and how it ends: at a start, in a check, and after a repair.</summary>
/// <param name="File">What it is called in the table.</param>
/// <param name="How">What is done to it.</param>
/// <param name="State">The state it is done to.</param>
/// <param name="Lines">All that was fed to it.</param>
/// <param name="Do">Does it to a copy.</param>
internal sealed record DamageCase(string File, string How, string State, string Lines, Action<string> Do)
{
    public async Task<DamageEnd> EndAsync(StateFixture fixture, StateTruth truth)
    {
        var started = fixture.CopyOf(State);
        Do(started);
        var found = await fixture.FsckAsync(started);
        var isNoticed = found.Exists(finding => finding.State == FindingState.Damaged);
        var (start, isExact) = await StartAsync(fixture, started, truth);

        var repaired = fixture.CopyOf(State);
        Do(repaired);
        var left = (await fixture.FsckAsync(repaired, repairs: true)).Exists(finding => finding.State == FindingState.Damaged);
        var (again, isExactAgain) = left ? ("", false) : await StartAsync(fixture, repaired, truth, mayFetch: true);

        Directory.Delete(started, recursive: true);
        Directory.Delete(repaired, recursive: true);
        return new DamageEnd(this, start, isExact, isNoticed, left ? "refused with the way out" : again is "refused" ? "refused" : isExactAgain ? "whole" : "differs");
    }

    /// <summary>The run that comes after the damage, with every line fed again: each must be known, and nothing asked for twice.</summary>
    private async Task<(string End, bool IsExact)> StartAsync(StateFixture fixture, string state, StateTruth truth, bool mayFetch = false)
    {
        var requests = fixture.Requests;
        bool isRebuilt;
        try
        {
            isRebuilt = await fixture.RunAsync(state, Lines);
        }
        catch (Exception refused) when (refused is StateDamagedException or LedgerException or IOException)
        {
            return ("refused", true);
        }

        var isExact = IsAs(truth, state) && (mayFetch || fixture.Requests == requests)
            && !(await fixture.FsckAsync(state)).Exists(finding => finding.State == FindingState.Damaged);
        return (isRebuilt ? "index rebuilt" : "goes on", isExact);
    }

    /// <summary>A database that went on working and cannot be read whole is not as it was.</summary>
    private static bool IsAs(StateTruth truth, string state)
    {
        try
        {
            return StateTruth.Of(state) == truth;
        }
        catch (LedgerException)
        {
            return false;
        }
    }
}

/// <summary>How a damage ended.</summary>
/// <param name="Case">The damage.</param>
/// <param name="Start">What a run did.</param>
/// <param name="IsExact">Whether after it every URL was where it had been, and nothing had been fetched twice.</param>
/// <param name="IsNoticed">Whether a check before it said that something is wrong.</param>
/// <param name="Repair">What a repair and a run after it came to.</param>
internal sealed record DamageEnd(DamageCase Case, string Start, bool IsExact, bool IsNoticed, string Repair)
{
    /// <summary>Something is wrong afterwards, and neither the run nor a check before it said so.</summary>
    public bool IsSilent => !IsExact && !IsNoticed;

    public string Line => $"| {Case.File} | {Case.How} | {(IsExact ? Start : Start + " unaware")} | {(IsNoticed ? "damaged" : "nothing")} | {RepairText} |";

    private string RepairText => Repair switch
    {
        "whole" => IsNoticed ? "whole again" : "whole",
        "differs" => "goes on with what is left",
        _ => Repair,
    };
}
