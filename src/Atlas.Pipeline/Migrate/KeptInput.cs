namespace Atlas.Pipeline.Migrate;

/// <summary>A legacy database as it is kept in the state directory.</summary>
/// <param name="Name">What people call it.</param>
/// <param name="File">The copy's name in the migration's folder.</param>
/// <param name="Sha256">Of the copy.</param>
/// <param name="Integrity">What SQLite's integrity check said of it: <c>ok</c>, or its first complaint.</param>
internal sealed record KeptInput(string Name, string File, string Sha256, string Integrity);
