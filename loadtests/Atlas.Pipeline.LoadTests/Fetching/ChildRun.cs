using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Atlas.Pipeline.LoadTests.Fetching;

/// <summary>One run of another program, measured from outside.</summary>
/// <param name="StartedAt">Before its process was made.</param>
/// <param name="Elapsed">Until it had ended.</param>
/// <param name="Cpu">User and system time of it and of all that it started.</param>
/// <param name="PeakMiB">The most memory it had resident, in MiB; 0 where the system does not tell (Linux does).</param>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Said">The end of what it wrote to standard error.</param>
internal sealed partial record ChildRun(DateTimeOffset StartedAt, TimeSpan Elapsed, TimeSpan Cpu, double PeakMiB, int ExitCode, string Said)
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(2);

    /// <param name="command">For the shell; begins with <c>exec</c>, so that the shell becomes the program.</param>
    public static async Task<ChildRun> RunAsync(string command)
    {
        var start = new ProcessStartInfo("/bin/sh") { RedirectStandardError = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(command);
        var cpu = CpuOfChildren();
        var startedAt = DateTimeOffset.UtcNow;
        var clock = Stopwatch.StartNew();
        using var child = Process.Start(start)!;
        var said = child.StandardError.ReadToEndAsync();
        double peak = 0;
        var exit = child.WaitForExitAsync();
        while (await Task.WhenAny(exit, Task.Delay(10)) != exit)
        {
            peak = Math.Max(peak, PeakOf(child.Id));
            if (clock.Elapsed > Longest)
                child.Kill();
        }

        clock.Stop();
        var text = await said;
        return new ChildRun(startedAt, clock.Elapsed, CpuOfChildren() - cpu, peak, child.ExitCode, text.Length > 300 ? text[^300..] : text);
    }

    private static double PeakOf(int process)
    {
        const string Peak = "VmHWM:";
        try
        {
            foreach (var line in File.ReadLines($"/proc/{process}/status"))
            {
                if (line.StartsWith(Peak, StringComparison.Ordinal))
                    return long.Parse(line.AsSpan(Peak.Length).Trim().TrimEnd("kB").Trim(), CultureInfo.InvariantCulture) / 1024.0;
            }
        }
        catch (IOException)
        {
            // It has just ended, or the system has no such file.
        }

        return 0;
    }

    private static unsafe TimeSpan CpuOfChildren()
    {
        const int Children = -1;

        // A struct rusage: the times, each in seconds and microseconds, come first.
        var usage = stackalloc long[36];
        if (GetUsage(Children, usage) != 0)
            throw new InvalidOperationException("getrusage failed.");
        return TimeSpan.FromSeconds(usage[0] + usage[2]) + TimeSpan.FromMicroseconds(usage[1] + usage[3]);
    }

    [LibraryImport("libc", EntryPoint = "getrusage")]
    private static unsafe partial int GetUsage(int who, long* usage);
}
