using System.Text;
using Atlas.Pipeline.Fsck;
using Atlas.Pipeline.Graph;
using Atlas.Pipeline.Ledger;
using Atlas.Pipeline.Topology;
using Atlas.Urls;
using Microsoft.Extensions.Time.Testing;

namespace Atlas.Pipeline.Tests.Graph;

/// <summary>What is known of a dead letter when it comes back, and what is said of one that can't.</summary>
public sealed class ReplayedLettersTests : IDisposable
{
    private const string Strict = "rules: [{ host: b.test, strategy: dead_letter }]", Loose = "rules: default";

    private readonly string _state = Directory.CreateTempSubdirectory("atlas-replayed-").FullName;
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));

    public void Dispose() => Directory.Delete(_state, recursive: true);

    [Fact]
    public async Task It_was_first_seen_when_its_line_came_and_its_notes_and_tries_go_with_it()
    {
        await RunAsync(Strict, "http://b.test/x\n");
        var came = _time.GetUtcNow();
        Execute("INSERT INTO letter_notes VALUES(1, 'ask them', '{\"row\":7}'); INSERT INTO attempts VALUES(1, 3, 5, 404, 7, 'http_404', 'elsewhere')");
        _time.Advance(TimeSpan.FromDays(3));

        await ReplayAsync("all");

        using (var lookup = new LedgerLookup(Path.Combine(_state, "ledger.db")))
            Assert.Equal(came, lookup.Find([ContentId.Of("http://b.test/x"u8)]).Single().Value.FirstSeen);
        await DieAsync();
        var letter = Assert.Single(Letters());
        Assert.Equal((came, "ask them", true), (letter.FirstSeen, letter.Notes, letter.WasAdmitted));
        Assert.Equal([("row", "7")], letter.Facts.Members);
        Assert.Equal(["3 http_404", "4 timeout"], letter.History.Select(attempt => $"{attempt.Number} {attempt.Reason}"));
    }

    [Fact]
    public async Task One_that_passed_and_then_died_is_marked_with_the_filters_that_had_it()
    {
        await RunAsync(Strict, "http://b.test/x\n");
        await ReplayAsync("reason=ruled_out", Strict);

        await ReplayAsync("all");
        await DieAsync();

        Assert.Equal(["reason=ruled_out", "all"], Assert.Single(Letters()).Replays.Select(replay => replay.Filter).OrderDescending());
        using var acts = new ActReader(Path.Combine(_state, "ledger.db"));
        Assert.Single(acts.ReplayedBy("all"));
        Assert.Empty(acts.ReplayedBy("host=b.test"));
    }

    [Theory]
    [InlineData("x'03'", 3)]
    [InlineData("x'00'", 0)]
    [InlineData("x'FF'", 0)]
    [InlineData("x''", 0)]
    public async Task It_is_as_far_from_the_input_as_it_was(string depth, int expected)
    {
        await RunAsync(Strict, "http://b.test/x\n");
        Execute($"UPDATE refused SET packed = CAST(substr(packed, 1, 40) || {depth} AS BLOB)");

        await ReplayAsync("reason=http_404", Strict);
        await ReplayAsync("all");

        await using var ledger = SqliteLedger.Open(_state, Seams);
        var item = Assert.Single(await ledger.TakeFromBacklogAsync(10, TimeSpan.FromMinutes(1)));
        Assert.Equal(expected, PackedRow.Read(Convert.FromHexString(Text($"SELECT hex(packed) FROM queue_{PriorityClasses.NameOf(item.Priority)}"))).Depth);
    }

    [Fact]
    public async Task One_that_another_hand_has_deleted_is_told_as_gone()
    {
        await RunAsync(Strict, "http://b.test/1\nhttp://b.test/2\nhttp://b.test/3\n");
        var run = new ReplayRun(Define(Loose), Seams);
        var begun = await run.BeginAsync("all", "me", [1, 2, 3]);
        await using (var ledger = SqliteLedger.Open(_state, Seams))
            await ledger.PurgeAsync([2]);

        var ended = await RunAsync(run, begun);

        Assert.Equal((3, 2, 0, 1, 0), (ended.Wanted, ended.Left, ended.DiedAgain, ended.Gone, ended.Remaining));
        Assert.Equal("2 left the dead letters, 0 were refused again, 1 were deleted meanwhile", Text("SELECT detail FROM acts"));
        Assert.Equal(0, Scalar("SELECT count(*) FROM replayed WHERE seq = 2"));
        Assert.Empty(await CheckAsync());
    }

    [Fact]
    public async Task What_came_after_a_replay_had_begun_is_counted_and_no_part_of_it()
    {
        await RunAsync(Strict, "http://b.test/1\n");
        var run = new ReplayRun(Define(Loose), Seams);
        await run.BeginAsync("all", "me", [1]);
        await RunAsync(Strict, "http://b.test/2\nfile:///x\n");

        using var book = new Atlas.Pipeline.DeadLetters.LetterBook(_state, new StepProgress(_time), Seams);
        var unfinished = book.Unfinished()!;

        Assert.Equal((1, 2), (unfinished.Ceiling, await book.CountSinceAsync(unfinished)));
    }

    [Fact]
    public async Task Numbers_of_a_command_that_is_refused_are_given_again()
    {
        await RunAsync(Strict, "http://b.test/1\n");
        await using (var ledger = SqliteLedger.Open(_state, Seams))
        {
            await Assert.ThrowsAsync<InvalidOperationException>(() => ledger.ImportLettersAsync(new RefusedAfter(Imported("http://a.test/"))));
            await ledger.ImportLettersAsync([Imported("http://c.test/")]);
        }

        Assert.Equal("1,2", Text("SELECT group_concat(seq) FROM refused"));
        Assert.Empty(await CheckAsync());
    }

    private Seams Seams => new() { Time = _time };

    private ImportedLetter Imported(string url) => new()
    {
        Line = Encoding.UTF8.GetBytes(url),
        ContentId = ContentId.Of(Encoding.UTF8.GetBytes(url)),
        Reason = Reason.RuledOut,
        At = _time.GetUtcNow(),
        IsDated = true,
    };

    private async Task ReplayAsync(string filter, string rules = Loose)
    {
        var run = new ReplayRun(Define(rules), Seams);
        await RunAsync(run, await run.BeginAsync(filter, "me", [.. Letters().Select(letter => letter.Sequence)]));
    }

    private static async Task<Replay> RunAsync(ReplayRun run, Replay replay) =>
        (await run.RunAsync(replay, rate: null, Stream.Null).WaitAsync(RunTestBed.AtMost, TestContext.Current.CancellationToken)).Ended!;

    private async Task DieAsync()
    {
        await using var ledger = SqliteLedger.Open(_state, Seams);
        var item = Assert.Single(await ledger.TakeFromBacklogAsync(10, TimeSpan.FromMinutes(1)));
        await ledger.ClaimAsync([item]);
        await ledger.DeadLetterAsync(item, Reason.Timeout, "slow");
    }

    private List<Letter> Letters()
    {
        using var reader = new LetterReader(Path.Combine(_state, "ledger.db"));
        return [.. reader.Read(Enumerable.Range(1, 20).Select(seq => (long)seq))];
    }

    private async Task RunAsync(string rules, string lines)
    {
        using var input = new MemoryStream(Encoding.ASCII.GetBytes(lines));
        await using var run = await PipelineRun.OpenAsync(Define(rules), Seams, input, Stream.Null);
        Assert.True((await RunTestBed.EndAsync(run.RunAsync())).Balances);
    }

    private PipelineDefinition Define(string rules)
    {
        var mistakes = new List<Mistake>();
        var definition = PipelineReader.Read(
            "p.yaml",
            $$"""
            name: queue
            disk_reserve_bytes: 0
            sources: { lines: { type: stdin } }
            stages:
              normalize: { from: lines }
              classify: { from: normalize, {{rules}} }
              dedup: { from: classify, expected_urls: 1000, memory_bytes: 16777216 }
              buffer: { from: dedup }
            """,
            StageCatalog.Kinds, [], _state, mistakes, []);
        Assert.Empty(mistakes);
        return definition!;
    }

    private async Task<List<Finding>> CheckAsync()
    {
        var findings = new List<Finding>();
        await new StateCheck(new FsckOptions { StateDirectory = _state }, new Seams(), new StepProgress(TimeProvider.System), findings.Add).RunAsync();
        return findings;
    }

    private void Execute(string sql)
    {
        using var connection = SqlConnection.Open(Path.Combine(_state, "ledger.db"));
        connection.Execute(sql);
    }

    private long Scalar(string sql)
    {
        using var connection = SqlConnection.Open(Path.Combine(_state, "ledger.db"), readOnly: true);
        return connection.Scalar(sql);
    }

    private string Text(string sql)
    {
        using var connection = SqlConnection.Open(Path.Combine(_state, "ledger.db"), readOnly: true);
        return connection.Text(sql);
    }

    /// <summary>Letters of which the second one refuses the command.</summary>
    private sealed class RefusedAfter(ImportedLetter first) : IReadOnlyList<ImportedLetter>
    {
        public int Count => 2;

        public ImportedLetter this[int index] => index == 0 ? first : throw new InvalidOperationException("no");

        public IEnumerator<ImportedLetter> GetEnumerator()
        {
            yield return this[0];
            yield return this[1];
        }

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
