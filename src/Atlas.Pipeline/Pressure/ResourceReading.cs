namespace Atlas.Pipeline.Pressure;

/// <summary>How much of what this machine gives is used; null for what nobody knows.</summary>
/// <param name="Cpu">Percent of the processors that this process may use, its control group's quota included; used by this process.</param>
/// <param name="Memory">Percent of the memory limit of the control group, files that can be dropped not counted, or of the machine: the higher one.</param>
/// <param name="Disk">The reserve, in percent of what is free on the disk of the state directory: at 100 nothing more is written.</param>
/// <param name="Handles">Percent of the handles that this process may have.</param>
/// <param name="PoolDelay">Milliseconds that work waits for a thread of the pool.</param>
internal readonly record struct ResourceReading(double? Cpu = null, double? Memory = null, double? Disk = null, double? Handles = null, double? PoolDelay = null)
{
    public double? this[Resource resource] => resource switch
    {
        Resource.Cpu => Cpu,
        Resource.Memory => Memory,
        Resource.Disk => Disk,
        Resource.Handles => Handles,
        _ => PoolDelay,
    };
}
