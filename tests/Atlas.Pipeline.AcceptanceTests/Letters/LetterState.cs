using System.Globalization;
using Atlas.Pipeline.Graph;
using Atlas.Pipeline.Ledger;
using Atlas.Pipeline.Topology;

namespace Atlas.Pipeline.AcceptanceTests.Letters;

/// <summary>A state with dead letters of three kinds, which is copied for every trial: lines that today's rules let pass, lines that they refuse again, and URLs that were given up.</summary>
internal sealed class LetterState : IDisposable
{
    private const string Strict = "rules: [{ host: a.example, strategy: dead_letter }]";

    private readonly string _folder = Directory.CreateTempSubdirectory("atlas-letters-").FullName;

    private LetterState(int passing, int refused, int dead)
    {
        Passing = [.. Enumerable.Range(0, passing).Select(i => string.Create(CultureInfo.InvariantCulture, $"http://a.example/{i}"))];
        Refused = [.. Enumerable.Range(0, refused).Select(i => string.Create(CultureInfo.InvariantCulture, $"file:///{i}"))];
        Dead = [.. Enumerable.Range(0, dead).Select(i => string.Create(CultureInfo.InvariantCulture, $"http://b.example/{i}"))];
    }

    public IReadOnlyList<string> Passing { get; }

    public IReadOnlyList<string> Refused { get; }

    public IReadOnlyList<string> Dead { get; }

    /// <summary>Nothing has been done to it.</summary>
    public string Untouched => Path.Combine(_folder, "untouched");

    public static async Task<LetterState> MakeAsync(int passing, int refused, int dead)
    {
        var made = new LetterState(passing, refused, dead);
        var lines = string.Concat(made.Passing.Concat(made.Refused).Concat(made.Dead).Select(line => line + "\n"));
        await using (var run = await PipelineRun.OpenAsync(Define(made.Untouched, Strict), new Seams(), new MemoryStream(System.Text.Encoding.ASCII.GetBytes(lines)), Stream.Null))
            Assert.True((await run.RunAsync()).Balances);
        await using var ledger = SqliteLedger.Open(made.Untouched, new Seams());
        var items = await ledger.TakeFromBacklogAsync(dead, TimeSpan.FromMinutes(1));
        Assert.Equal(dead, items.Count);
        await ledger.ClaimAsync(items);
        foreach (var item in items)
            await ledger.DeadLetterAsync(item, Reason.Timeout, "slow");
        return made;
    }

    /// <summary>The pipeline of today, by which the lines of a.example pass.</summary>
    public static PipelineDefinition Define(string state, string classify = "rules: default")
    {
        var mistakes = new List<Mistake>();
        var definition = PipelineReader.Read("letters.yaml", Text(classify), StageCatalog.Kinds, [], state, mistakes, []);
        Assert.Empty(mistakes);
        return definition!;
    }

    public static string Text(string classify = "rules: default") =>
        $$"""
        name: letters
        disk_reserve_bytes: 0
        sources: { lines: { type: stdin } }
        stages:
          normalize: { from: lines }
          classify: { from: normalize, {{classify}} }
          dedup: { from: classify, expected_urls: 10000, memory_bytes: 4194304 }
          buffer: { from: dedup }
        """;

    public string CopyTo(string state)
    {
        foreach (var file in Directory.GetFiles(Untouched, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(state, Path.GetRelativePath(Untouched, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        return state;
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
