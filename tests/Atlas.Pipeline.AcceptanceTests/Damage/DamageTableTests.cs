using System.Text;
using Atlas.Pipeline.Tests;

namespace Atlas.Pipeline.AcceptanceTests.Damage;

/// <summary>Every file of a state directory, damaged in every way: nothing ends in silence. Prints docs/damage.md.</summary>
[Trait("length", "long")]
[Trait("run", "damage")]
public sealed class DamageTableTests
{
    private const int RandomBits = 60;

    [Fact]
    public async Task Every_damage_is_rebuilt_refused_or_noticed_and_the_page_says_which()
    {
        await using var fixture = await StateFixture.MakeAsync();
        var (ended, killed) = (await TruthAsync(fixture, fixture.Ended, fixture.Lines), await TruthAsync(fixture, fixture.Killed, fixture.AllLines));
        var ends = new List<DamageEnd>();
        foreach (var damage in DamageCases.Of(fixture))
            ends.Add(await damage.EndAsync(fixture, damage.State == fixture.Killed ? killed : ended));

        Assert.Empty(ends.Where(end => end.IsSilent).Select(end => end.Line));
        Check("docs/damage.md", Page(ends));
    }

    [Fact]
    public async Task No_single_bit_of_the_database_loses_or_doubles_a_URL_in_silence()
    {
        await using var fixture = await StateFixture.MakeAsync();
        var truth = await TruthAsync(fixture, fixture.Ended, fixture.Lines);
        var size = (int)new FileInfo(Path.Combine(fixture.Ended, "ledger.db")).Length;
        var random = new Random(1);
        var silent = new List<string>();
        for (var i = 0; i < RandomBits; i++)
        {
            var (at, bit) = (random.Next(size), random.Next(8));
            var end = await new DamageCase("ledger.db", $"bit {bit} of byte {at}", fixture.Ended, fixture.Lines, state => Files.Flip(Path.Combine(state, "ledger.db"), at, bit)).EndAsync(fixture, truth);
            if (end.IsSilent)
                silent.Add(end.Line);
        }

        Assert.Empty(silent);
    }

    /// <summary>What an undamaged copy comes to, which must be clean.</summary>
    private static async Task<StateTruth> TruthAsync(StateFixture fixture, string state, string lines)
    {
        var copy = fixture.CopyOf(state);
        Assert.Empty(await fixture.FsckAsync(copy));
        var requests = fixture.Requests;
        await fixture.RunAsync(copy, lines);
        Assert.Equal(requests, fixture.Requests);
        return StateTruth.Of(copy);
    }

    private static string Page(List<DamageEnd> ends)
    {
        var page = new StringBuilder(Head);
        foreach (var end in ends)
            page.Append(end.Line).Append('\n');
        return page.Append(Foot).ToString();
    }

    private static void Check(string file, string text)
    {
        var path = Path.Combine(Repository.Root, file);
        if (Environment.GetEnvironmentVariable("ATLAS_WRITE_DOCS") == "1")
            File.WriteAllText(path, text);

        Assert.True(File.Exists(path) && File.ReadAllText(path) == text, $"{file} is stale. Run 'make docs-damage' and commit what it writes. It would be:\n{text}");
    }

    private const string Head = """
        <!-- Made by make docs-damage. Do not edit. -->
        # What damage does

        Every file of a state directory, damaged in every way, on the real engine: a state that runs have left, one file damaged, then the same lines fed again.

        - **A run**: `refused` is exit code 4 with the way out, and nothing was changed. `index rebuilt`: the dedup index was made anew from the ledger. `goes on`: nothing that counts was harmed. In all three, every URL is afterwards where it was before, with its body, none was asked for twice, and `atlas dlq` answers what it answered before (`letters/` is made anew where it is asked and found damaged); where that is not so it says `goes on unaware`: something is wrong that a run does not look at.
        - **atlas fsck** before that run: `damaged` is exit code 4 and a line for each finding.
        - **atlas fsck --repair**, and a run after it: `whole again` means every URL in its place, with its body; what had lost its body was fetched again. `goes on with what is left`: the ledger was taken as it was found. `refused with the way out`: only a copy, or `sqlite3 .recover`, helps. Two checkpoints of the index may share a hash table (`index-checkpoints`): an older copy of it is the same file then.

        | file | damage | a run | atlas fsck | after --repair |
        |---|---|---|---|---|

        """;

    private const string Foot = """

        What is noticed by `atlas fsck` alone: a run reads neither all bodies nor all rows at its start, as that would take as long as fetching them did. A flipped bit in a body or in the text of a row is therefore found by a check and not by a run.

        What nobody notices: a flipped bit in what the ledger tells people and the engine never compares (a document's content type, a dead letter's note). No URL is lost or doubled by it.

        The lock's file notes how far the ledger had come, so a ledger that is older than that is refused. Who puts back an older ledger *and* deletes the lock's file, or puts back a whole older directory, has an older state: it is whole, and what came later is not known to it.
        """ + "\n";
}
