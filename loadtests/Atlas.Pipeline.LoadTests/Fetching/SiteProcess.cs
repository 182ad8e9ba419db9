using System.Diagnostics;
using System.Globalization;

namespace Atlas.Pipeline.LoadTests.Fetching;

/// <summary>The loopback site in a process of its own, which ends with this one.</summary>
internal sealed class SiteProcess : IDisposable
{
    private readonly Process _process;
    private readonly HttpClient _http = new();
    private readonly int _port;

    public SiteProcess(int pages, int latencyMilliseconds, int hosts)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardInput = true, RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
            start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "Atlas.Pipeline.LoadTests.dll"));
        foreach (var argument in new[] { "serve", pages.ToString(CultureInfo.InvariantCulture), latencyMilliseconds.ToString(CultureInfo.InvariantCulture), hosts.ToString(CultureInfo.InvariantCulture) })
            start.ArgumentList.Add(argument);

        // Answers are written by the thread that learns of the request: no other has to wake.
        start.Environment["DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS"] = "1";
        _process = Process.Start(start)!;
        _port = int.Parse(_process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("The site did not start."), CultureInfo.InvariantCulture);
    }

    public int Port => _port;

    /// <summary>What was asked for since the last call.</summary>
    public async Task<SiteCounts> TakeCountsAsync()
    {
        var counts = (await _http.GetStringAsync(new Uri($"http://127.0.0.1:{_port}/counts"))).Split(' ').Select(text => double.Parse(text, CultureInfo.InvariantCulture)).ToArray();
        return new SiteCounts((long)counts[0], (long)counts[1], DateTimeOffset.FromUnixTimeMilliseconds((long)counts[2]), TimeSpan.FromMilliseconds(counts[3]), TimeSpan.FromMilliseconds(counts[4]));
    }

    public void Dispose()
    {
        _http.Dispose();
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }
}

/// <summary>What the site has served.</summary>
/// <param name="Pages">In all.</param>
/// <param name="Distinct">Different ones.</param>
/// <param name="FirstAt">When the first was asked for.</param>
/// <param name="LeastGap">The least time between two requests to one host.</param>
/// <param name="MeanGap">The mean of them all.</param>
internal sealed record SiteCounts(long Pages, long Distinct, DateTimeOffset FirstAt, TimeSpan LeastGap, TimeSpan MeanGap);
