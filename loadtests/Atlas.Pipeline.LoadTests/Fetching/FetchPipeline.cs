using System.Globalization;

namespace Atlas.Pipeline.LoadTests.Fetching;

/// <summary>The pipeline that fetching is measured with: lines on stdin, pages from loopback.</summary>
internal static class FetchPipeline
{
    public const int Concurrency = 128;

    /// <param name="port">Where the pages are.</param>
    /// <param name="delay">Between two requests to one host.</param>
    /// <param name="robots">Whether robots.txt is asked for.</param>
    public static string Yaml(int port, TimeSpan delay, bool robots = true) => string.Create(CultureInfo.InvariantCulture, $$"""
        name: bench
        sources: { lines: { type: stdin } }
        stages:
          normalize: { from: lines }
          classify: { from: normalize }
          dedup: { from: classify }
          buffer: { from: dedup }
          fetch: { from: buffer, concurrency: {{Concurrency}}, per_host_delay_ms: {{(int)delay.TotalMilliseconds}}, robots: {{(robots ? "true" : "false")}}, allow_networks: ["127.0.0.0/8"], allow_ports: [{{port}}] }
          persist: { from: fetch }
        """);
}
