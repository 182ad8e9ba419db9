using System.Globalization;
using System.Runtime.InteropServices;

namespace Atlas.Faults;

/// <summary>Ends this process with SIGKILL when a point is reached for the n-th time: nothing is flushed, nothing is said.</summary>
/// <param name="point">The point's name; one that is never reached kills nobody.</param>
/// <param name="count">From 1.</param>
internal sealed partial class KillSwitch(string point, int count)
{
    private const int SigKill = 9;

    private int _reached;

    /// <param name="text"><c>point:count</c>, or nothing.</param>
    public static KillSwitch Parse(string? text)
    {
        var parts = (text ?? ":0").Split(':');
        return new KillSwitch(parts[0], int.Parse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture));
    }

    public void Reach(string name)
    {
        if (IsDue(name))
            Kill();
    }

    /// <summary>Counts as <see cref="Reach"/> does, and leaves the killing to the caller.</summary>
    public bool IsDue(string name) => name == point && Interlocked.Increment(ref _reached) == count;

    public static void Kill() => _ = SendSignal(Environment.ProcessId, SigKill);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int process, int signal);
}
