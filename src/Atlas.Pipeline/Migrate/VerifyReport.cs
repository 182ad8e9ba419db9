namespace Atlas.Pipeline.Migrate;

/// <summary>What was found of one table of one legacy database.</summary>
/// <param name="Database">Its name.</param>
/// <param name="Table">Its name.</param>
/// <param name="Rows">That could be read.</param>
/// <param name="Digest">SHA-256 over them, as the plan has it.</param>
/// <param name="Where">The places they are in, with counts.</param>
internal sealed record VerifiedTable(string Database, string Table, long Rows, string Digest, string Where);

/// <summary>What a verification of one migration has come to.</summary>
internal sealed class VerifyReport(string id)
{
    /// <summary>Rows that are named for one finding.</summary>
    private const int MostNamed = 20;

    private readonly Dictionary<string, (long Count, List<string> First)> _findings = [];

    public string Id { get; } = id;

    public List<VerifiedTable> Tables { get; } = [];

    /// <summary>Dead letters of it that are none any more, by what operators have done since; they are accounted for.</summary>
    public List<(string What, long Count)> Since { get; } = [];

    public long Resources { get; set; }

    public bool IsClean => _findings.Count == 0;

    public IReadOnlyList<VerifyFinding> Findings => [.. _findings.Select(finding => new VerifyFinding(finding.Key, finding.Value.Count, finding.Value.First))];

    public void Add(string what, string row)
    {
        var (count, first) = _findings.TryGetValue(what, out var known) ? known : (0, []);
        if (first.Count < MostNamed)
            first.Add(row);
        _findings[what] = (count + 1, first);
    }
}
