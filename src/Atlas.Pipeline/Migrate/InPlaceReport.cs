namespace Atlas.Pipeline.Migrate;

/// <summary>What has become of the rows of one table that was changed in place.</summary>
/// <param name="Table">Its name.</param>
/// <param name="Before">Rows it had.</param>
/// <param name="Kept">Of those, the ones that are there with their URL.</param>
/// <param name="Aliased">The ones that are not, and are kept whole in the table of aliases.</param>
/// <param name="Missing">The ones that are nowhere.</param>
/// <param name="Added">Rows that are there and came since.</param>
internal sealed record InPlaceTable(string Table, long Before, long Kept, long Aliased, long Missing, long Added);

/// <summary>What a verification of a change in place has come to.</summary>
/// <param name="Tables">Table by table.</param>
/// <param name="Findings">What is wrong: rows by table and id, up to a limit.</param>
internal sealed record InPlaceReport(IReadOnlyList<InPlaceTable> Tables, IReadOnlyList<string> Findings)
{
    public bool IsClean => Findings.Count == 0;
}
