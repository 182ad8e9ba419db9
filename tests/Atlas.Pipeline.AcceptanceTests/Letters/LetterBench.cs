using System.Text.Json;

namespace Atlas.Pipeline.AcceptanceTests.Letters;

/// <summary>A state with dead letters, and the program that is asked about them.</summary>
internal sealed class LetterBench : IAsyncDisposable
{
    private LetterBench(Workbench bench) => Bench = bench;

    public Workbench Bench { get; }

    public string Folder => Bench.Folder;

    public string State => Bench.State;

    public static async Task<LetterBench> OpenAsync() => new(await Workbench.OpenAsync());

    /// <summary>One whose lines a run has refused, as a rule of its own says.</summary>
    public static async Task<LetterBench> RefusedAsync(string list)
    {
        var bench = await OpenAsync();
        await bench.RunAsync(bench.Pipeline("strict.yaml", "rules: [{ host: a.example, strategy: dead_letter }]"), list);
        return bench;
    }

    /// <summary>A pipeline that ends in its queue.</summary>
    /// <param name="name">Its file.</param>
    /// <param name="classify">Settings of classify.</param>
    public string Pipeline(string name, string classify) => Bench.Write(name,
        $$"""
        name: queue
        sources: { lines: { type: stdin } }
        stages:
          normalize: { from: lines }
          classify: { from: normalize, {{classify}} }
          dedup: { from: classify, expected_urls: 100000 }
          buffer: { from: dedup }
        """);

    public async Task RunAsync(string pipeline, string list)
    {
        var result = await AtlasProgram.RunAsync(Folder, Bench.Write("list", list), "run", pipeline, "--state", State, "--quiet");
        Assert.True(result.ExitCode == 0, result.ToString());
    }

    /// <summary><c>atlas dlq</c>, which does what it is asked for.</summary>
    public async Task<ProgramResult> DlqAsync(params string[] arguments)
    {
        var result = await TryAsync(arguments);
        Assert.True(result.ExitCode == 0, result.ToString());
        return result;
    }

    /// <summary><c>atlas dlq</c>, whatever it ends with; nobody answers what it asks.</summary>
    public Task<ProgramResult> TryAsync(params string[] arguments) =>
        AtlasProgram.RunAsync(Folder, Bench.Write("nobody", ""), ["dlq", arguments[0], "--state", State, .. arguments[1..]]);

    /// <summary>The program on a terminal of some columns; what it has written there.</summary>
    public async Task<string> OnTerminalAsync(int columns, params string[] arguments)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/script"), "There is no script(1) to make a terminal.");
        using var program = AtlasProgram.StartInShell($"TERM=dumb script -qefc \"stty cols {columns}; $*\" /dev/null </dev/null", Folder, [.. arguments, "--state", State]);
        var result = await program.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.True(result.ExitCode == 0, result.ToString());
        return result.Output;
    }

    public long Scalar(string sql)
    {
        using var ledger = Bench.OpenLedger();
        return ledger.Scalar(sql);
    }

    public static List<JsonElement> Lines(ProgramResult result) =>
        [.. result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];

    public ValueTask DisposeAsync() => Bench.DisposeAsync();
}
