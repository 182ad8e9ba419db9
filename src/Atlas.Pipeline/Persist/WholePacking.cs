using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Persist;

/// <summary>Packs all bodies of a state that no run works on, those of the last segment too: the next run goes on in a new one.</summary>
internal sealed class WholePacking(string directory, ILedger ledger, IDisk disk)
{
    /// <param name="steps">Is told how far it is, in segments.</param>
    /// <returns>How many were packed, and their bytes before and after.</returns>
    /// <exception cref="StateDamagedException">Bodies are another ledger's, or gone: nothing was changed.</exception>
    /// <exception cref="IOException">A segment could not be read or packed; it is as it was, and what was packed before stays packed.</exception>
    public (int Segments, long Before, long After) Run(StepProgress steps)
    {
        using (var store = new SegmentStore(directory, new PersistOptions(), ledger.BodiesTail, disk))
        {
            store.ClaimFor(ledger.Id);
            store.ThrowIfCutShort();
        }

        var writer = new PackWriter(directory, disk);
        var segments = writer.FindSegments(below: ledger.BodiesTail.Segment + 1);
        (int Segments, long Before, long After) packed = default;
        steps.Begin("compressing segments of bodies", segments.Count);
        foreach (var segment in segments)
        {
            if (writer.TryPack(segment, static () => true, ledger.ThrowIfTaken) is { } sizes)
                packed = (packed.Segments + 1, packed.Before + sizes.Before, packed.After + sizes.After);
            steps.Advance(1);
        }

        return packed;
    }
}
