namespace Atlas.Pipeline.AcceptanceTests.Damage;

/// <summary>Every file times every way to harm it.</summary>
internal static class DamageCases
{
    public static IEnumerable<DamageCase> Of(StateFixture fixture)
    {
        foreach (var (name, path) in FilesOf(fixture.Ended))
        {
            foreach (var damage in Of(name, path, fixture.Ended, fixture.Older, fixture.Lines))
                yield return damage;
        }

        yield return new DamageCase("bodies/00000001.pack", "bit flipped in its index", fixture.Ended, fixture.Lines, state => FlipNearEnd(Path.Combine(state, "bodies", "00000001.pack"), 40));
        yield return new DamageCase("ledger.db", "bit flipped in its header", fixture.Ended, fixture.Lines, state => Files.Flip(Path.Combine(state, "ledger.db"), 30));
        yield return new DamageCase("ledger.db", "bit flipped in the root of a table", fixture.Ended, fixture.Lines, state => Files.Flip(Path.Combine(state, "ledger.db"), 2 * 8_192));
        yield return new DamageCase("ledger.db", "bit flipped in the text of URLs", fixture.Ended, fixture.Lines, state => Files.FlipText(Path.Combine(state, "ledger.db"), "/page/300/7"));
        yield return new DamageCase("ledger.db", "another ledger's", fixture.Ended, fixture.Lines, state => Files.FlipText(Path.Combine(state, "lock"), File.ReadAllText(Path.Combine(state, "lock"))[..32]));
        yield return new DamageCase("seen/", "deleted", fixture.Ended, fixture.Lines, state => Directory.Delete(Path.Combine(state, "seen"), recursive: true));
        yield return new DamageCase("bodies/", "deleted", fixture.Ended, fixture.Lines, state => Directory.Delete(Path.Combine(state, "bodies"), recursive: true));
        foreach (var damage in Of("ledger.db-wal (after a kill)", "ledger.db-wal", fixture.Killed, fixture.KilledOlder, fixture.AllLines))
            yield return damage;
        foreach (var damage in Of("ledger.db-shm (after a kill)", "ledger.db-shm", fixture.Killed, fixture.KilledOlder, fixture.AllLines))
            yield return damage;
        foreach (var damage in Of("ledger.db (after a kill)", "ledger.db", fixture.Killed, fixture.Older, fixture.AllLines))
            yield return damage;
    }

    private static IEnumerable<DamageCase> Of(string name, string path, string state, string older, string lines)
    {
        yield return new DamageCase(name, "truncated", state, lines, at => Files.Truncate(Path.Combine(at, path)));
        yield return new DamageCase(name, "deleted", state, lines, at => File.Delete(Path.Combine(at, path)));
        yield return new DamageCase(name, "bit flipped in its middle", state, lines, at => Files.Flip(Path.Combine(at, path), new FileInfo(Path.Combine(at, path)).Length / 2));
        if (Counterpart(older, path) is { } before)
            yield return new DamageCase(name, "swapped with an older copy", state, lines, at => File.Copy(before, Path.Combine(at, path), overwrite: true));
    }

    private static void FlipNearEnd(string path, int bytes) => Files.Flip(path, new FileInfo(path).Length - bytes);

    /// <summary>The files that hold something, by what they are called in the table. Of two checkpoints that are kept, the newest is the one that counts.</summary>
    private static IEnumerable<(string Name, string Path)> FilesOf(string state) =>
        Directory.GetFiles(state, "*", SearchOption.AllDirectories)
            .Where(file => new FileInfo(file).Length > 0 && !file.EndsWith("-shm", StringComparison.Ordinal) && !file.EndsWith("-wal", StringComparison.Ordinal))
            .OrderByDescending(File.GetLastWriteTimeUtc)
            .Select(file => Path.GetRelativePath(state, file))
            .DistinctBy(Generic)
            .Select(file => (Generic(file), file))
            .OrderBy(file => file.Item1, StringComparer.Ordinal);

    /// <summary>A name without the token of its checkpoint.</summary>
    private static string Generic(string file) => string.Join('/', file.Split('/').Select(part =>
        Guid.TryParse(part, out _) ? "TOKEN" : part.StartsWith("filter.", StringComparison.Ordinal) ? "filter.TOKEN" : part));

    private static string? Counterpart(string older, string path) =>
        Directory.GetFiles(older, "*", SearchOption.AllDirectories).FirstOrDefault(file => Generic(Path.GetRelativePath(older, file)) == Generic(path));
}
