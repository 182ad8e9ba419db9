using System.Diagnostics;
using System.Globalization;
using Atlas.Pipeline.Tests;

namespace Atlas.Pipeline.AcceptanceTests.Peers;

/// <summary>A program that fetches lists of URLs, this one or another.</summary>
/// <param name="Name">As people call it.</param>
/// <param name="Version">A command that prints it, and fails where the program is not installed.</param>
/// <param name="Once">The command of one run, for the shell: <c>{list}</c> is the list, <c>{out}</c> a folder of its own.</param>
/// <param name="Resumed">The command that, given again after a kill, goes on; null where there is none.</param>
internal sealed record Peer(string Name, string Version, string Once, string? Resumed)
{
    /// <summary>Requests at once, of everybody.</summary>
    public const int Concurrency = 128;

    /// <summary>A line of the list as the program wants it, from the URL and its number; null: as it is.</summary>
    public Func<string, int, string>? Line { get; init; }

    /// <summary>What is said of it where there is no command that goes on.</summary>
    public string Unresumed { get; init; } = "keeps no record of what is done: begins anew";

    /// <summary>Ours.</summary>
    public static Peer Atlas(int port)
    {
        var program = string.Join(' ', AtlasProgram.Command.Select(part => $"'{part}'"));
        var run = $"exec {program} run '{Workbench.Shipped("crawl.yaml")}' --state '{{out}}/state' --report '{{out}}/report.json' --quiet --set stages.fetch.robots=false"
            + $" --set 'stages.fetch.allow_networks=[127.0.0.0/8]' --set 'stages.fetch.allow_ports=[{port.ToString(CultureInfo.InvariantCulture)}]' --set stages.fetch.per_host_delay_ms=0 < '{{list}}'";
        return new Peer("Atlas.Pipeline", $"{program} --version | cut -d+ -f1", run, run);
    }

    public static IReadOnlyList<Peer> Others()
    {
        var fetching = Path.Combine(Repository.Root, "loadtests", "Atlas.Pipeline.LoadTests", "Fetching");
        var here = Path.Combine(Repository.Root, "tests", "Atlas.Pipeline.AcceptanceTests", "Peers");
        var wide = $"-s CONCURRENT_REQUESTS={Concurrency} -s CONCURRENT_REQUESTS_PER_DOMAIN={Concurrency}";
        return
        [
            new("curl", "curl --version | head -1 | cut -d' ' -f2", $"exec curl -s -g -Z --parallel-immediate --parallel-max {Concurrency} -K '{{list}}' --output-dir '{{out}}'", null)
            {
                Line = (url, number) => string.Create(CultureInfo.InvariantCulture, $"url = \"{url}\"\noutput = \"{number}\""),
            },
            new("aria2", "aria2c --version | head -1 | cut -d' ' -f3", $"exec aria2c -q -i '{{list}}' -d '{{out}}' -j {Concurrency} -x1 -s1 --file-allocation=none --auto-save-interval=0 --summary-interval=0 --max-tries=1", null)
            {
                Line = (url, number) => string.Create(CultureInfo.InvariantCulture, $"{url}\n  out={number}"),
            },
            new("Scrapy", "scrapy version | cut -d' ' -f2", $"exec scrapy runspider '{fetching}/scrapy_list.py' -a folder='{{out}}' {wide} < '{{list}}'", $"exec scrapy runspider '{here}/scrapy_jobdir.py' -a folder='{{out}}' -a list='{{list}}' -s JOBDIR='{{out}}/job' {wide}"),
            new("Crawlee", "node -p \"require('crawlee/package.json').version\"", $"exec node '{fetching}/fetch-crawlee.cjs' '{{out}}' {Concurrency} < '{{list}}'", null) { Unresumed = "its queue on disk takes minutes to come back and is not tried here: see below" },
        ];
    }

    /// <summary>Its version; null where it is not installed.</summary>
    public async Task<string?> FindVersionAsync()
    {
        using var shell = Start(Version, "", "");
        var said = (await shell.StandardOutput.ReadToEndAsync()).Trim();
        await shell.WaitForExitAsync();
        return shell.ExitCode == 0 && said.Length > 0 ? said : null;
    }

    /// <summary>Starts a command of it; the process is the program itself.</summary>
    public static Process Start(string command, string list, string folder)
    {
        var start = new ProcessStartInfo("/bin/sh") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(command.Replace("{list}", list, StringComparison.Ordinal).Replace("{out}", folder, StringComparison.Ordinal));
        return Process.Start(start)!;
    }
}
