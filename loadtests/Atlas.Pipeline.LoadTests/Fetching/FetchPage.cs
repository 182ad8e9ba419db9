using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Atlas.Pipeline.LoadTests.Fetching;

/// <summary>The results page: machine, commit, settings, numbers, and what they don't say.</summary>
internal static class FetchPage
{
    public static string Write(FetchBenchOptions options, IReadOnlyList<FetchTable> tables, IReadOnlyList<Contestant> contestants)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"# Fetching beside its peers, {DateTime.UtcNow:yyyy-MM-dd}\n\n");
        text.Append(CultureInfo.InvariantCulture,
            $"`make bench-fetch` at {Commit()}: {options.Pages:N0} distinct pages of 10,000 bytes from 1,000 hosts (addresses of 127.0.0.0/8, one port, HTTP/1.1, keep-alive), 128 requests at once, in an order that keeps a host's pages apart. {Processor()}, {Environment.ProcessorCount} virtual cores shared with the site, {RuntimeInformation.FrameworkDescription}. Each program runs from its start to its end in a process of its own; they take turns, {options.Rounds} rounds without latency and {options.LatencyRounds} with (the slow ones one); medians. The disk is synced before each run.\n");
        foreach (var table in tables)
            text.Append(CultureInfo.InvariantCulture, $"\n## {table.Title}\n\n{table.ToText()}");

        text.Append("\n## Who is who\n\n");
        foreach (var contestant in contestants)
            text.Append(CultureInfo.InvariantCulture, $"- {contestant.Name}: {contestant.What}{(contestant.Missing is { } missing ? $". Left out: {missing}" : "")}.\n");
        text.Append("""

            Read to durable: from a body's last byte until the page lies synced in its segment and its outcome is committed and synced in the ledger. The others acknowledge nothing and sync nothing, or late.

            First page: from making the process until the site was asked for a page. atlas asks each host for robots.txt first: 1,000 requests that the others do not make. Those are answered at once; only pages have latency.

            Not measured: name resolution, TLS, HTTP/2, real distance and loss, compressed pages. The site costs the two cores about as much as a client's sockets do, so the rates are of both together.
            """).Append('\n');
        return text.ToString();
    }

    private static string Commit()
    {
        try
        {
            using var git = Process.Start(new ProcessStartInfo("git", ["-C", AppContext.BaseDirectory, "describe", "--always", "--dirty"]) { RedirectStandardOutput = true })!;
            return git.StandardOutput.ReadToEnd().Trim();
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "an unknown commit";
        }
    }

    private static string Processor()
    {
        const string Model = "model name";
        return File.Exists("/proc/cpuinfo") && File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith(Model, StringComparison.Ordinal)) is { } line
            ? line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim()
            : RuntimeInformation.ProcessArchitecture.ToString();
    }
}
