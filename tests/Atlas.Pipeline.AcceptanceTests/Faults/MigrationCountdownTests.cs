using System.Globalization;
using Atlas.Faults;
using Atlas.LegacyData;
using Atlas.Pipeline.Check;
using Atlas.Pipeline.Ledger;
using Atlas.Pipeline.Migrate;

namespace Atlas.Pipeline.AcceptanceTests.Faults;

/// <summary>The first, second, third ... file operation of a migration goes wrong, SQLite's own below SQLite: done again, it ends in the digest of one that nothing went wrong in, and a rollback leaves what was there before.</summary>
public sealed class MigrationCountdownTests : IDisposable
{
    private static readonly LegacySizes Few = new LegacySizes().Times(1 / 400.0);

    private readonly string _folder = Directory.CreateTempSubdirectory("atlas-migration-faults-").FullName;
    private readonly StepProgress _progress = new(TimeProvider.System);

    [Fact]
    public void An_operation_that_goes_wrong_changes_nothing_of_how_apply_ends() => CountDownApply(Ending.Fails, step: 17);

    [Fact]
    public void An_operation_that_goes_wrong_changes_nothing_of_how_a_rollback_ends() => CountDownRollback(Ending.Fails, step: 7);

    [Fact]
    public void An_operation_that_goes_wrong_changes_nothing_of_how_a_change_in_place_ends() => CountDownInPlace(Ending.Fails, step: 29);

    [Theory, Trait("length", "long"), Trait("run", "migrate")]
    [InlineData(false)]
    [InlineData(true)]
    public void No_operation_that_goes_wrong_changes_how_a_migration_ends(bool isFull)
    {
        var ending = isFull ? Ending.IsFull : Ending.Fails;
        Assert.InRange(CountDownApply(ending, step: 1), 20, 10_000);
        Assert.InRange(CountDownRollback(ending, step: 1), isFull ? 1 : 10, 10_000);
        Assert.InRange(CountDownInPlace(ending, step: 1), 20, 10_000);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private int CountDownApply(Ending ending, int step)
    {
        var file = At("legacy.db");
        LegacyDatabase.Write(file, LegacyEra.Altered, Few);
        var reference = Apply(Plan(file, "undisturbed"), new Disk()).Digest;
        return CountDown(ending, step, (fault, count) =>
        {
            var state = At(string.Create(CultureInfo.InvariantCulture, $"state-{ending}-{count}"));
            var plan = Plan(file, state);
            Try(state, fault, () => Apply(plan, new WatchedDisk(fault)));

            Assert.Equal(reference, Apply(plan, new Disk()).Digest);
            Assert.Empty(Assert.Single(MigrationVerify.Run(state, new Disk(), _progress)).Findings);
            MigrationRollback.Run(state, force: false, new Disk(), _progress);
            Assert.Empty(Directory.EnumerateFileSystemEntries(state));
        });
    }

    private int CountDownRollback(Ending ending, int step)
    {
        var (first, second) = (At("first.db"), At("second.db"));
        LegacyDatabase.Write(first, LegacyEra.Version1, Few);
        LegacyDatabase.Write(second, LegacyEra.Altered, Few);
        return CountDown(ending, step, (fault, count) =>
        {
            var state = At(string.Create(CultureInfo.InvariantCulture, $"back-{ending}-{count}"));
            Apply(Plan(first, state), new Disk());
            var before = DigestOf(StateDirectory.LedgerFileIn(state));
            Apply(Plan(second, state), new Disk());
            var isDone = Try(state, fault, () => MigrationRollback.Run(state, force: false, new WatchedDisk(fault), _progress));

            // One that has said that it failed is done again; it never takes the first migration back with it.
            if (!isDone)
                MigrationRollback.Run(state, force: false, new Disk(), _progress);
            Assert.Equal(before, DigestOf(StateDirectory.LedgerFileIn(state)));
            Assert.Empty(Assert.Single(MigrationVerify.Run(state, new Disk(), _progress)).Findings);
            Directory.Delete(state, recursive: true);
        });
    }

    private int CountDownInPlace(Ending ending, int step)
    {
        var whole = At("whole.db");
        LegacyDatabase.Write(whole, LegacyEra.PartlyAltered, Few);
        var before = DigestOf(whole);
        var reference = InPlaceFile("reference", out var undisturbed);
        Change(reference, new Disk());
        var after = LegacyDigest.Of(reference);
        undisturbed.Delete(recursive: true);
        return CountDown(ending, step, (fault, count) =>
        {
            var file = InPlaceFile(string.Create(CultureInfo.InvariantCulture, $"in-place-{ending}-{count}"), out var folder);
            Try(folder.FullName, fault, () => Change(file, new WatchedDisk(fault)));

            Change(file, new Disk());
            Assert.Equal(after, LegacyDigest.Of(file));
            Assert.Empty(InPlaceVerify.Run(file, new Disk(), _progress).Findings);

            // And the way back, where the same operation goes wrong.
            var other = new NthOperationFails(ending, count, onlyWrites: false);
            if (!Try(folder.FullName, other, () => InPlaceRollback.Run(file, force: false, new WatchedDisk(other), _progress)))
                InPlaceRollback.Run(file, force: false, new Disk(), _progress);
            Assert.Equal(before, DigestOf(file));
            folder.Delete(recursive: true);
        });

        string InPlaceFile(string name, out DirectoryInfo folder)
        {
            folder = Directory.CreateDirectory(At(name));
            var file = Path.Combine(folder.FullName, "legacy.db");
            File.Copy(whole, file);
            return file;
        }
    }

    private static int CountDown(Ending ending, int step, Action<NthOperationFails, int> round)
    {
        for (var count = 1; ; count += step)
        {
            var fault = new NthOperationFails(ending, count, onlyWrites: false);
            try
            {
                round(fault, count);
            }
            catch (Exception wrong) when (wrong is not Xunit.Sdk.XunitException)
            {
                throw new InvalidOperationException($"{ending} at {count} ({fault.Failed}): {wrong.Message}", wrong);
            }

            if (fault.Failed is null)
                return count / step;
        }
    }

    /// <returns>Whether it came to its end.</returns>
    private static bool Try(string watched, NthOperationFails fault, Action act)
    {
        Directory.CreateDirectory(watched);
        using var watching = SqliteFiles.Watch(watched, fault);
        try
        {
            act();
            return true;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException or LedgerException)
        {
            // What the program answers with one line and exit code 1; that something is damaged would be a lie.
            return false;
        }
    }

    private MigrationPlan Plan(string file, string state) => MigrationPlan.Make([file], At(state), rules: null, "UTC", _progress);

    private MigrationOutcome Apply(MigrationPlan plan, IDisk disk) => new MigrationApply(plan, new Seams { Disk = disk }, _progress).Run();

    private void Change(string file, IDisk disk) => InPlace.Run(file, new MigrationSettings(KeyRules.Default, "UTC"), new Seams { Disk = disk }, _progress);

    private static string DigestOf(string file)
    {
        using var database = SqlConnection.Open(file, readOnly: true);
        return LedgerDigest.Of(database);
    }

    private string At(string name) => Path.Combine(_folder, name);
}
