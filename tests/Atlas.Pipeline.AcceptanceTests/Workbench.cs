using System.Globalization;
using Atlas.Pipeline.Ledger;
using Atlas.Pipeline.Tests;
using Atlas.ScriptedWeb;

namespace Atlas.Pipeline.AcceptanceTests;

/// <summary>A directory, a scripted web, and the shipped pipelines pointed at both.</summary>
internal sealed class Workbench : IAsyncDisposable
{
    private readonly ScriptedSite _site;

    private Workbench(ScriptedSite site) => _site = site;

    public string Folder { get; } = Directory.CreateTempSubdirectory("atlas-").FullName;

    public ScriptedSite Site => _site;

    public string State => Path.Combine(Folder, "state");

    public static async Task<Workbench> OpenAsync() => new(await ScriptedSite.StartAsync());

    public static string Shipped(string pipeline) => Path.Combine(Repository.Root, "pipelines", pipeline);

    /// <summary>Writes an input file and returns its path.</summary>
    public string Write(string name, string text)
    {
        var path = Path.Combine(Folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    /// <summary>The arguments that run a shipped pipeline against the scripted web, with the report on stdout.</summary>
    public string[] Run(string pipeline, params string[] more) =>
    [
        "run", Shipped(pipeline), "--state", State, "--report", "-", "--quiet",
        "--set", "stages.fetch.allow_networks=[127.0.0.0/8]",
        "--set", string.Create(CultureInfo.InvariantCulture, $"stages.fetch.allow_ports=[{_site.Port}]"),
        "--set", "stages.fetch.per_host_delay_ms=0",
        .. more,
    ];

    /// <summary>Waits until the web has been asked for something.</summary>
    public async Task WhenRequestedAsync()
    {
        while (_site.Requests.Total == 0)
            await Task.Delay(20, TestContext.Current.CancellationToken);
    }

    public string Url(string path, int host = 1) => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.{host}:{_site.Port}{path}");

    /// <summary>The ledger as it is, also while a program writes to it.</summary>
    public SqlConnection OpenLedger() => SqlConnection.Open(Path.Combine(State, "ledger.db"), readOnly: true);

    /// <summary>Lines whose fate the ledger has; 0 before there is one.</summary>
    public long ReceivedLines()
    {
        if (!File.Exists(Path.Combine(State, "ledger.db")))
            return 0;
        try
        {
            using var ledger = OpenLedger();
            return ledger.Scalar("SELECT value FROM counters WHERE name = 'received'");
        }
        catch (LedgerException)
        {
            // The very first look may come before the tables.
            return 0;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _site.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }
}
