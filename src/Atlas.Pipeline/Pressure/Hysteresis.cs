namespace Atlas.Pipeline.Pressure;

/// <summary>The level of one resource: up after <see cref="ReadingsUp"/> readings at or above a threshold, down after <see cref="ReadingsDown"/> clearly below it.</summary>
/// <param name="thresholds">For moderate, high and critical; 0 for none, empty for no level at all.</param>
internal sealed class Hysteresis(IReadOnlyList<int> thresholds)
{
    /// <summary>Readings in a row that raise the level.</summary>
    public const int ReadingsUp = 3;

    /// <summary>Readings in a row that lower it.</summary>
    public const int ReadingsDown = 5;

    /// <summary>Clearly below: under this share of the threshold.</summary>
    public const double Margin = 0.95;

    private readonly int[] _above = new int[(int)PressureLevel.Critical + 1];
    private int _below;

    /// <summary>The highest level that a reading among those in <see cref="_below"/> would have kept.</summary>
    private PressureLevel _kept;

    public PressureLevel Level { get; private set; }

    /// <summary>Takes in a reading. One that is not known counts as no use: what cannot be seen must hold up nothing for good.</summary>
    public void Read(double? reading)
    {
        var used = reading ?? 0;
        for (var level = PressureLevel.Critical; level > Level; level--)
            _above[(int)level] = Threshold(level) is { } threshold && used >= threshold ? _above[(int)level] + 1 : 0;
        for (var level = PressureLevel.Critical; level > Level; level--)
        {
            if (_above[(int)level] >= ReadingsUp)
            {
                Change(level);
                return;
            }
        }

        if (Level == PressureLevel.None || used >= Threshold(Level) * Margin)
        {
            (_below, _kept) = (0, PressureLevel.None);
            return;
        }

        var kept = Level - 1;
        while (kept > PressureLevel.None && (Threshold(kept) is not { } threshold || used < threshold * Margin))
            kept--;
        _kept = kept > _kept ? kept : _kept;
        if (++_below >= ReadingsDown)
            Change(_kept);
    }

    private void Change(PressureLevel level)
    {
        Level = level;
        Array.Clear(_above);
        (_below, _kept) = (0, PressureLevel.None);
    }

    private int? Threshold(PressureLevel level) => thresholds.Count > 0 && thresholds[(int)level - 1] is > 0 and var threshold ? threshold : null;
}
