namespace Atlas.Pipeline.Pressure;

/// <summary>How near to its end something is that this machine gives.</summary>
internal enum PressureLevel
{
    None,

    /// <summary>The limit of fetches is not raised any more above half of its maximum.</summary>
    Moderate,

    /// <summary>The limit is halved, and batches are taken in slowly.</summary>
    High,

    /// <summary>The limit is at its minimum, and nothing new is taken in.</summary>
    Critical,
}
