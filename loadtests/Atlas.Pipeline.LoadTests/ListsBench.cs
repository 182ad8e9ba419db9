using System.Diagnostics;
using System.Globalization;

namespace Atlas.Pipeline.LoadTests;

/// <summary>Distinct lines of one list, nine of ten known: atlas, with canonical forms, beside the tools of the shell, without.</summary>
internal static class ListsBench
{
    public static async Task RunAsync(string folder, string atlas, int lines)
    {
        var list = Path.Combine(folder, "list");
        await UrlLists.WriteRepeatedAsync(list, lines, lines / 10);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"distinct lines of {lines:N0}, 90 % known, {new FileInfo(list).Length / 1e6:0} MB"));

        var expected = lines / 10;
        var filter = Path.Combine(folder, "filter.yaml");
        const string Head = "sources: { lines: { type: stdin } }\nstages:\n  normalize: { from: lines, parallelism: 2 }\n  classify: { from: normalize }\n";
        await File.WriteAllTextAsync(filter, string.Create(CultureInfo.InvariantCulture,
            $"name: filter\n{Head}  dedup: {{ from: classify, expected_urls: {expected} }}\n  write: {{ from: dedup, to: stdout, format: tsv }}\n"));
        var ledger = Path.Combine(folder, "ledger.yaml");
        await File.WriteAllTextAsync(ledger, string.Create(CultureInfo.InvariantCulture,
            $"name: ledger\n{Head}  dedup: {{ from: classify, expected_urls: {expected} }}\n  buffer: {{ from: dedup }}\n"));

        // One read first, so that all find the list in the page cache.
        await ShellAsync($"cat '{list}' > /dev/null");
        var to = Path.Combine(folder, "out");
        var ours = await ReportAsync("atlas run, filter to a file", $"'{atlas}' run --quiet '{filter}' < '{list}' > '{to}'", 0);
        await ReportAsync("atlas run, into a ledger", $"'{atlas}' run --quiet '{ledger}' --state '{Path.Combine(folder, "state")}' < '{list}' > '{to}'", ours);
        await ReportAsync("awk '!seen[$0]++'", $"LC_ALL=C awk '!seen[$0]++' '{list}' > '{to}'", ours);
        await ReportAsync("sort -u", $"LC_ALL=C sort -u -T '{folder}' '{list}' > '{to}'", ours);
    }

    private static async Task<double> ReportAsync(string what, string command, double ours)
    {
        var clock = Stopwatch.StartNew();
        await ShellAsync(command);
        var seconds = clock.Elapsed.TotalSeconds;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {what,-28} {seconds,7:0.00} s   1 : {(ours > 0 ? seconds / ours : 1):0.00}"));
        return seconds;
    }

    private static async Task ShellAsync(string command)
    {
        var start = new ProcessStartInfo("/bin/sh") { RedirectStandardError = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(command);
        using var shell = Process.Start(start)!;
        var said = await shell.StandardError.ReadToEndAsync();
        await shell.WaitForExitAsync();
        if (shell.ExitCode != 0)
            throw new InvalidOperationException($"{command}: exit code {shell.ExitCode}: {said}");
    }
}
