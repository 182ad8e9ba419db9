using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Atlas.Urls;

namespace Atlas.Pipeline.LoadTests;

/// <summary>Canonical forms on one core: ours, System.Uri's as a .NET user writes it, and Node's where Node is installed, all on the same lines in one run.</summary>
internal static partial class NormalizationBench
{
    private const int Lines = 100_000;
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(2);

    public static async Task RunAsync(string folder)
    {
        await CompareAsync("ordinary URLs", UrlCorpus.Ordinary(Lines), Path.Combine(folder, "ordinary"));
        await CompareAsync("every URL takes the careful way", UrlCorpus.Careful(Lines), Path.Combine(folder, "careful"));
    }

    private static async Task CompareAsync(string what, byte[][] lines, string file)
    {
        Console.WriteLine($"canonical forms, one core, {lines.Length:N0} lines of {lines.Average(line => line.Length):0} bytes: {what}");
        var canonicalizer = new Canonicalizer(new CanonicalizationRules());
        var to = new byte[4096];
        var ours = Measure(lines, line => canonicalizer.TryCanonicalize(line, to, out var parts) == CanonicalizationError.None ? parts.Length : 0);
        Print("Atlas.Urls", ours, ours.Rate);
        Print("Atlas.Urls and content id", Measure(lines, line =>
            canonicalizer.TryCanonicalize(line, to, out var parts) == CanonicalizationError.None ? (int)(uint)ContentId.Of(to.AsSpan(0, parts.Length)) : 0), ours.Rate);
        Print("System.Uri, same duties", Measure(lines, line => Encoding.ASCII.GetBytes(BySystemUri(Encoding.UTF8.GetString(line)), to)), ours.Rate);

        await using (var output = File.Create(file))
        {
            foreach (var line in lines)
            {
                output.Write(line);
                output.WriteByte((byte)'\n');
            }
        }

        foreach (var (name, rate) in await NodeAsync(file))
            Print($"Node URL, {name}", (rate, null), ours.Rate);
    }

    private static (double Rate, double? Bytes) Measure(byte[][] lines, Func<byte[], int> work)
    {
        long sum = 0;
        for (var warm = 0; warm < 5; warm++)
            sum += Round(lines, work);
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var clock = Stopwatch.StartNew();
        var rounds = 0;
        for (; clock.Elapsed < Measured; rounds++)
            sum += Round(lines, work);
        var count = (double)rounds * lines.Length;
        GC.KeepAlive(sum);
        return (count / clock.Elapsed.TotalSeconds, (GC.GetAllocatedBytesForCurrentThread() - allocated) / count);
    }

    private static long Round(byte[][] lines, Func<byte[], int> work)
    {
        long sum = 0;
        foreach (var line in lines)
            sum += work(line);
        return sum;
    }

    private static string BySystemUri(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri))
            return "";
        var query = string.Join('&', uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries)
            .Where(part => !Tracking().IsMatch(part)).OrderBy(part => part.Split('=')[0], StringComparer.Ordinal));
        var scheme = uri.Scheme == "https" && uri.IsDefaultPort ? "http" : uri.Scheme;
        return $"{scheme}://{(uri.UserInfo.Length > 0 ? uri.UserInfo + "@" : "")}{uri.Authority}{uri.AbsolutePath}{(query.Length > 0 ? "?" : "")}{query}";
    }

    private static async Task<List<(string Name, double Rate)>> NodeAsync(string file)
    {
        var start = new ProcessStartInfo("node") { RedirectStandardOutput = true };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "node-url.mjs"));
        start.ArgumentList.Add(file);
        var rates = new List<(string, double)>();
        try
        {
            using var node = Process.Start(start)!;
            while (await node.StandardOutput.ReadLineAsync() is { } line)
            {
                if (line.Split('\t') is [var name, var rate, ..])
                    rates.Add((name, double.Parse(rate, CultureInfo.InvariantCulture)));
            }
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Console.WriteLine("  Node is not installed and not compared.");
        }

        return rates;
    }

    private static void Print(string who, (double Rate, double? Bytes) measured, double ours) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"  {who,-26} {measured.Rate / 1e6,8:0.00} M URLs/s  {(measured.Bytes is { } bytes ? $"{bytes,7:0} B" : "      -  ")} allocated per URL  1 : {ours / measured.Rate:0.0}"));

    [GeneratedRegex("^(utm_.+|gclid|fbclid|msclkid|mc_eid)(=|$)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Tracking();
}
