namespace Atlas.Pipeline.Pressure;

/// <summary>From readings to the level of pressure: the worst resource decides. Plain code; whoever calls it has a lock.</summary>
internal sealed class PressureGauge
{
    private readonly Hysteresis[] _resources;
    private readonly TimeSpan[] _spent = new TimeSpan[(int)PressureLevel.Critical + 1];
    private readonly TimeProvider _time;
    private long _since;

    /// <param name="options">The thresholds.</param>
    /// <param name="time">For how long each level has lasted.</param>
    public PressureGauge(PressureOptions options, TimeProvider time)
    {
        _resources = [.. options.Thresholds.Select(thresholds => new Hysteresis(thresholds))];
        _time = time;
        _since = time.GetTimestamp();
    }

    public PressureLevel Level { get; private set; }

    /// <summary>The highest level there has been.</summary>
    public PressureLevel Worst { get; private set; }

    /// <summary>The last reading.</summary>
    public ResourceReading Last { get; private set; }

    public PressureLevel Of(Resource resource) => _resources[(int)resource].Level;

    /// <summary>Takes in a reading.</summary>
    /// <returns>Whether the level has changed.</returns>
    public bool Read(in ResourceReading reading)
    {
        Last = reading;
        var level = PressureLevel.None;
        for (var i = 0; i < _resources.Length; i++)
        {
            _resources[i].Read(reading[(Resource)i]);
            level = _resources[i].Level > level ? _resources[i].Level : level;
        }

        if (level == Level)
            return false;
        _spent[(int)Level] += _time.GetElapsedTime(_since);
        _since = _time.GetTimestamp();
        Level = level;
        Worst = level > Worst ? level : Worst;
        return true;
    }

    /// <summary>What has been spent in a level until now.</summary>
    public TimeSpan SpentIn(PressureLevel level) => _spent[(int)level] + (level == Level ? _time.GetElapsedTime(_since) : TimeSpan.Zero);
}
