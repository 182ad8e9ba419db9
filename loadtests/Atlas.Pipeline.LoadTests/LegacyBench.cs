using System.Diagnostics;
using System.Globalization;
using Atlas.LegacyData;

namespace Atlas.Pipeline.LoadTests;

/// <summary>What it costs to move a legacy database in: the program itself, command by command.</summary>
/// <param name="folder">For the database and the state.</param>
/// <param name="atlas">The program.</param>
internal sealed class LegacyBench(string folder, string atlas)
{
    /// <param name="times">How many times the roadmap's numbers.</param>
    public async Task RunAsync(double times)
    {
        var file = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"legacy-{times}.db"));
        var state = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"state-{times}"));
        var plan = Path.Combine(folder, "plan.json");
        var counts = LegacyDatabase.Write(file, LegacyEra.Altered, new LegacySizes().Times(times));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{counts.Rows:N0} legacy rows, {new FileInfo(file).Length / (double)(1 << 20):N0} MiB"));
        await TimeAsync(counts.Rows, "inventory", file);
        await TimeAsync(counts.Rows, "plan", file, "--state", state, "--out", plan);
        await TimeAsync(counts.Rows, "apply", plan, "--yes");
        await TimeAsync(counts.Rows, "verify", "--state", state);
        await TimeAsync(counts.Rows, "rollback", "--state", state, "--yes");
        File.Delete(file);
    }

    private async Task TimeAsync(long rows, string command, params string[] arguments)
    {
        var start = new ProcessStartInfo(atlas) { RedirectStandardOutput = true };
        foreach (var argument in (string[])["migrate", command, "--quiet", .. arguments])
            start.ArgumentList.Add(argument);
        var began = Stopwatch.GetTimestamp();
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        long resident = 0;
        while (await Task.WhenAny(output, Task.Delay(50)) != output)
            resident = Math.Max(resident, PeakResidentBytes(process.Id));
        await process.WaitForExitAsync();
        var took = Stopwatch.GetElapsedTime(began);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {command,-10} {took.TotalSeconds,7:0.0} s   {rows / took.TotalSeconds,10:N0} rows/s   {resident / (double)(1 << 20),6:N0} MiB resident at most   exit code {process.ExitCode}"));
    }

    /// <summary>As the kernel counts it; 0 where it does not say, or the process has ended.</summary>
    private static long PeakResidentBytes(int process)
    {
        const string Label = "VmHWM:";
        try
        {
            var line = File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/status")).FirstOrDefault(line => line.StartsWith(Label, StringComparison.Ordinal));
            return line is null ? 0 : long.Parse(line[Label.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture) * 1024;
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
