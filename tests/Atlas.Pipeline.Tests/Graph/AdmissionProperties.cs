using System.Globalization;
using System.Text;
using Atlas.Pipeline.Graph;
using Atlas.Pipeline.Ledger;
using Atlas.Pipeline.Topology;
using FsCheck.Xunit;

namespace Atlas.Pipeline.Tests.Graph;

/// <summary>Several sources, parallel stages, real threads: what is admitted are the distinct keys of the input, checked against a plain set.</summary>
public sealed class AdmissionProperties : IDisposable
{
    /// <summary>Few, so that the same one comes from several sources at the same moment.</summary>
    private const int Resources = 40;

    private readonly string _folder = Directory.CreateTempSubdirectory("atlas-").FullName;
    private int _runs;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <param name="choices">One line each: its source, its resource and its spelling are made from the number.</param>
    /// <param name="sources">Two files, or stdin and two files.</param>
    /// <param name="parallelism">Of the stages that may run so.</param>
    /// <param name="capacity">Batches in front of a stage: small ones make sources wait for one another.</param>
    [Property(MaxTest = 25)]
    public async Task What_is_admitted_are_the_distinct_keys_of_all_sources(ushort[] choices, bool sources, byte parallelism, byte capacity)
    {
        var inputs = Enumerable.Range(0, sources ? 3 : 2).Select(_ => new List<string>()).ToArray();
        var keys = new HashSet<string>();
        var refused = new HashSet<string>();

        // Shrinking keeps the choices; growing them in number makes batches that fill up and meet.
        foreach (var choice in choices.SelectMany(choice => Enumerable.Range(0, 12).Select(more => choice + (more * 7919))))
        {
            var resource = choice % Resources;
            var line = LineOf(resource, choice / Resources % 8);
            inputs[choice % inputs.Length].Add(line);
            _ = resource % 7 == 0 ? refused.Add(line) : keys.Add(KeyOf(resource));
        }

        var outcome = await RunAsync(inputs, 1 + (parallelism % 4), 1 + (capacity % 3));

        var (admitted, dead) = RowsOf(outcome.State);
        Assert.Null(outcome.Run.Failure);
        Assert.True(outcome.Run.Balances, string.Join(' ', outcome.Run.Imbalances()));
        Assert.Equal(keys.Order(), admitted.Order());
        Assert.Equal(refused.Order(), dead.Order());
        Assert.Equal(inputs.Sum(input => input.Count), outcome.Run.Last.Books.Received);
    }

    private static string KeyOf(int resource) => string.Create(CultureInfo.InvariantCulture, $"http://host{resource % 5}.test/page/{resource}?a=1&b=2");

    /// <summary>One resource in seven is one that is refused, and known by its line.</summary>
    private static string LineOf(int resource, int spelling)
    {
        if (resource % 7 == 0)
            return string.Create(CultureInfo.InvariantCulture, $"file:///lost/{resource}");
        var key = KeyOf(resource);
        return spelling switch
        {
            0 => key.ToUpperInvariant().Replace("/PAGE/", "/page/", StringComparison.Ordinal).Replace("?A=1&B=2", "?a=1&b=2", StringComparison.Ordinal),
            1 => key.Replace(".test/", ".test:80/", StringComparison.Ordinal),
            2 => key + "#part",
            3 => key + "&utm_source=mail",
            4 => key.Replace("/page/", "/a/../page/", StringComparison.Ordinal),
            5 => key.Replace("?a=1&b=2", "?b=2&a=1", StringComparison.Ordinal),
            6 => key.Replace("/page/", "/%70age/", StringComparison.Ordinal),
            _ => key,
        };
    }

    private async Task<(RunOutcome Run, string State)> RunAsync(List<string>[] inputs, int parallelism, int capacity)
    {
        var state = Path.Combine(_folder, string.Create(CultureInfo.InvariantCulture, $"state-{_runs++}"));
        var texts = inputs.Select(input => string.Concat(input.Select(line => line + "\n"))).ToArray();
        var sources = new StringBuilder();
        for (var source = 0; source < inputs.Length; source++)
        {
            if (source == 2)
            {
                sources.Append("  source2: { type: stdin }\n");
                continue;
            }

            var file = $"{state}-{source}.log";
            await File.WriteAllTextAsync(file, texts[source], TestContext.Current.CancellationToken);
            sources.Append(CultureInfo.InvariantCulture, $"  source{source}: {{ type: file_tail, paths: [\"{file}\"], follow: false }}\n");
        }

        var from = string.Join(", ", Enumerable.Range(0, inputs.Length).Select(source => string.Create(CultureInfo.InvariantCulture, $"source{source}")));
        var text = string.Create(CultureInfo.InvariantCulture, $$"""
            name: admission
            sources:
            {{sources}}
            stages:
              normalize: { from: [{{from}}], parallelism: {{parallelism}}, capacity: {{capacity}} }
              classify:  { from: normalize, parallelism: {{parallelism}}, capacity: {{capacity}} }
              dedup:     { from: classify, expected_urls: 1000, memory_bytes: 16777216, checkpoint_every_urls: 10, recent_keys: 16 }
              buffer:    { from: dedup }
            """);
        var mistakes = new List<Mistake>();
        var definition = PipelineReader.Read("admission.yaml", text, StageCatalog.Kinds, [], state, mistakes, []);
        Assert.Empty(mistakes);
        using var input = new MemoryStream(Encoding.ASCII.GetBytes(texts[^1]));
        await using var run = await PipelineRun.OpenAsync(definition!, new Seams(), input, Stream.Null);
        return (await run.RunAsync().WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken), state);
    }

    /// <summary>What stands in the tables: the canonical spelling of each admitted URL, each refused line.</summary>
    private static (List<string> Admitted, List<string> Refused) RowsOf(string state)
    {
        using var ledger = SqlConnection.Open(Path.Combine(state, "ledger.db"), readOnly: true);
        var admitted = Texts(ledger, string.Join(" UNION ALL ", Enumerable.Range(0, PriorityClasses.Count).Select(priority => $"SELECT CAST(url AS TEXT) FROM {LedgerSchema.QueueOf(priority)}")));
        return (admitted.ConvertAll(Canonical), Texts(ledger, "SELECT CAST(source_url AS TEXT) FROM dead_letter_queue"));
    }

    /// <summary>A row holds the spelling that came first; its number says which resource it is.</summary>
    private static string Canonical(string url)
    {
        var from = url.IndexOf("page/", StringComparison.OrdinalIgnoreCase);
        if (from < 0)
            from = url.IndexOf("%70age/", StringComparison.Ordinal) + 2;
        return KeyOf(int.Parse(url.AsSpan(from + "page/".Length, url.IndexOf('?', StringComparison.Ordinal) - from - "page/".Length), CultureInfo.InvariantCulture));
    }

    private static List<string> Texts(SqlConnection ledger, string sql)
    {
        var rows = new List<string>();
        var statement = ledger.Prepare(sql);
        while (statement.Step())
            rows.Add(statement.Text(0));
        statement.Reset();
        return rows;
    }
}
