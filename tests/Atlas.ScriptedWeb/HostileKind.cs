namespace Atlas.ScriptedWeb;

/// <summary>What a host of the <see cref="HostileSite"/> is like: the second part of its address says so.</summary>
public enum HostileKind
{
    /// <summary>127.20.0.0/16: answers each page at once.</summary>
    Good = 20,

    /// <summary>127.21.0.0/16: three answers in ten are a fault.</summary>
    Faulty = 21,

    /// <summary>127.22.0.0/16: takes connections and never answers.</summary>
    Silent = 22,

    /// <summary>127.23.0.0/16, at <see cref="HostileSite.DeafPort"/>: refuses connections.</summary>
    Refusing = 23,
}
