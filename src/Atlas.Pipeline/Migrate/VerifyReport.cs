namespace Atlas.Pipeline.Migrate;

/// <summary>What a verification of one migration has come to.</summary>
internal sealed class VerifyReport(string id)
{
    /// <summary>Rows that are named for one finding.</summary>
    private const int MostNamed = 20;

    private readonly Dictionary<string, (long Count, List<string> First)> _findings = [];

    public string Id { get; } = id;

    /// <summary>By database and table: rows, and where they are.</summary>
    public List<(string Database, string Table, long Rows, string Where)> Tables { get; } = [];

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
