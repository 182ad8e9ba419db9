namespace Atlas.Pipeline.Migrate;

/// <summary>Whether one of the eleven defects of legacy databases is in one of them.</summary>
internal enum DefectVerdict
{
    Absent,
    Present,
    CannotBeTold,
}

/// <summary>What was found of one defect.</summary>
/// <param name="Number">1 to 11, as in docs/migration.md.</param>
/// <param name="Name">What is wrong, in half a sentence.</param>
/// <param name="Verdict">Whether it is.</param>
/// <param name="Count">Rows, columns or files that it concerns.</param>
/// <param name="Remedy">What a migration does about it.</param>
internal sealed record Defect(int Number, string Name, DefectVerdict Verdict, long Count, string Remedy);
