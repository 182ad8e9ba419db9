using System.Text;
using Atlas.Pipeline.Fsck;
using Atlas.Pipeline.Graph;
using Atlas.Pipeline.Ledger;
using Atlas.Pipeline.Topology;
using Microsoft.Extensions.Time.Testing;

namespace Atlas.Pipeline.Tests.Graph;

/// <summary>Dead letters on their way back into the pipeline.</summary>
public sealed class ReplayRunTests : IDisposable
{
    private static readonly TimeSpan AtMost = RunTestBed.AtMost;

    private readonly string _state = Directory.CreateTempSubdirectory("atlas-replay-").FullName;
    private readonly FakeTimeProvider _time = new();

    public void Dispose() => Directory.Delete(_state, recursive: true);

    [Fact]
    public async Task What_the_rules_of_today_let_pass_is_admitted_and_the_rest_stays_with_the_reason_of_today()
    {
        await RunAsync(Pipeline("rules: [{ host: b.test, strategy: dead_letter }, { host: c.test, strategy: dead_letter }]"), "http://a.test/\nhttp://b.test/x\nfile:///etc/passwd\nhttp://C.test:80/y\nhttp://c.test/y\n");
        Assert.Equal("b.test/x ruled_out, file:///etc/passwd scheme_file, C.test:80/y ruled_out", Letters());
        var today = Pipeline("rules: [{ host: c.test, strategy: unsupported }]");
        var replay = new ReplayRun(Define(today), Seams);

        var (outcome, ended) = await ReplayAsync(replay, await replay.BeginAsync("all", "me", Sequences()));

        Assert.True(outcome.Balances);
        Assert.Equal((3, 1, 2, 0), (ended!.Wanted, ended.Left, ended.DiedAgain, ended.Remaining));
        Assert.Equal("file:///etc/passwd scheme_file, C.test:80/y scheme_unsupported", Letters());
        Assert.Equal("http://b.test/x lines 15", await LastQueuedAsync());
        Assert.Equal("replay all 3 me 1 left the dead letters, 2 were refused again", Text("SELECT concat_ws(' ', act, filter, count, who, detail) FROM acts"));
        Assert.Equal("2,4|3|0", Text("SELECT (SELECT group_concat(seq) FROM letters_gone) || '|' || (SELECT count(*) FROM replayed WHERE filter = 'all') || '|' || (SELECT count(*) FROM replay_items)"));
        Assert.Null(Unfinished());
        await AssertSoundAsync();
    }

    [Fact]
    public async Task A_letter_whose_resource_is_known_by_now_leaves_as_a_duplicate()
    {
        await RunAsync(Pipeline("rules: [{ host: b.test, strategy: dead_letter }]"), "http://b.test/x#1\n");
        await RunAsync(Pipeline("rules: default"), "http://b.test/x\n");
        var replay = new ReplayRun(Define(Pipeline("rules: default")), Seams);

        var (outcome, ended) = await ReplayAsync(replay, await replay.BeginAsync("all", "me", Sequences()));

        Assert.Equal((1, 0), (ended!.Left, ended.DiedAgain));
        Assert.Equal((1, 0), (outcome.Last.Books.Duplicates, outcome.Last.Books.Admitted));
        Assert.Equal("", Letters());
    }

    [Fact]
    public async Task A_replay_that_is_cut_short_goes_on_with_what_is_left_and_replays_nothing_twice()
    {
        const int Count = 2_000;
        await RunAsync(Pipeline("rules: [{ host: b.test, strategy: dead_letter }]"), string.Concat(Enumerable.Range(0, Count).Select(i => $"http://b.test/{i}\n")));
        var replay = new ReplayRun(Define(Pipeline("rules: default")), Seams);
        var begun = await replay.BeginAsync("host=b.test", "me", Sequences());
        var running = replay.RunAsync(begun, rate: 1_000, Stream.Null, opened: run => _ = DrainLaterAsync(run));
        while (!running.IsCompleted)
        {
            _time.Advance(TimeSpan.FromMilliseconds(20));
            await Task.WhenAny(running, Task.Delay(1, TestContext.Current.CancellationToken));
        }

        var (cut, none) = await running;
        Assert.Null(none);
        Assert.True(cut.Balances);
        var rest = Unfinished();
        Assert.Equal(begun with { Left = rest!.Left }, rest);
        Assert.InRange(rest.Remaining, 1, Count - 1);

        var (_, ended) = await ReplayAsync(replay, rest);

        Assert.Equal((Count, Count, 0), (ended!.Wanted, ended.Left, ended.DiedAgain));
        Assert.Equal(Count, Scalar("SELECT count(DISTINCT source_url) FROM processing_queue"));
        Assert.Equal(Count, Scalar("SELECT count(*) FROM processing_queue"));

        async Task DrainLaterAsync(PipelineRun run)
        {
            while (replay.Sent < 500)
                await Task.Delay(1, TestContext.Current.CancellationToken);
            run.Drain();
        }
    }

    [Fact]
    public async Task A_line_of_which_only_the_beginning_is_kept_stays_what_it_is()
    {
        await RunAsync(Pipeline("rules: default"), "http://a.test/" + new string('x', 70_000) + "\n");
        var replay = new ReplayRun(Define(Pipeline("rules: default")), Seams);

        var (_, ended) = await ReplayAsync(replay, await replay.BeginAsync("all", "me", Sequences()));

        Assert.Equal((0, 1), (ended!.Left, ended.DiedAgain));
        Assert.Equal(0, Scalar("SELECT count(*) FROM processing_queue"));
    }

    [Fact]
    public async Task Letters_of_a_source_that_is_gone_come_in_by_the_first_one()
    {
        await RunAsync(Pipeline("rules: [{ host: b.test, strategy: dead_letter }]", source: "old"), "http://b.test/x\n");
        var replay = new ReplayRun(Define(Pipeline("rules: default", source: "new")), Seams);

        var (_, ended) = await ReplayAsync(replay, await replay.BeginAsync("all", "me", Sequences()));

        Assert.Equal(1, ended!.Left);
        Assert.Equal("http://b.test/x old 0", await LastQueuedAsync());
    }

    [Fact]
    public async Task A_url_that_was_given_up_is_queued_again_as_if_it_had_never_been_tried()
    {
        await RunAsync(Pipeline("rules: default"), "http://a.test/\nhttp://b.test/\n");
        await using (var ledger = SqliteLedger.Open(_state, Seams))
        {
            var items = await ledger.TakeFromBacklogAsync(2, TimeSpan.FromMinutes(1));
            await ledger.ClaimAsync(items);
            await ledger.DeadLetterAsync(items[0], Reason.Http(404), "gone");
            await ledger.DeadLetterAsync(items[1], Reason.Timeout, "slow");
        }

        var replay = new ReplayRun(Define(Pipeline("rules: default")), Seams);
        var (outcome, ended) = await ReplayAsync(replay, await replay.BeginAsync("reason=timeout", "me", [Scalar("SELECT seq FROM dead WHERE failure_classification = 'timeout'")]));

        Assert.True(outcome.Balances);
        Assert.Equal((1, 1, 0), (ended!.Wanted, ended.Left, ended.DiedAgain));
        Assert.Equal(["http_404"], outcome.Last.Books.Dead.Keys);
        await using var again = SqliteLedger.Open(_state, Seams);
        var revived = Assert.Single(await again.TakeUnfinishedAsync(10));
        Assert.Equal(("http://b.test/", 0), (revived.Url, revived.Attempt));
        await again.ClaimAsync([revived]);
        await again.DeadLetterAsync(revived, Reason.Timeout, "slow again");
        Assert.Equal("2 slow again reason=timeout", Text("SELECT concat_ws(' ', (SELECT count(*) FROM attempts WHERE seq = d.seq), d.notes, r.filter) FROM dead d JOIN replayed r ON r.seq = d.seq"));
        Assert.True(again.Books.Balance);
    }

    [Fact]
    public async Task What_is_purged_is_gone_and_counted()
    {
        await RunAsync(Pipeline("rules: default"), "http://a.test/\nfile:///x\nfile:///x\n");
        await using var ledger = SqliteLedger.Open(_state, Seams);
        var item = Assert.Single(await ledger.TakeFromBacklogAsync(2, TimeSpan.FromMinutes(1)));
        await ledger.ClaimAsync([item]);
        await ledger.DeadLetterAsync(item, Reason.Http(410), "gone");

        Assert.Equal(2, await ledger.PurgeAsync([.. Sequences(), 4711]));

        Assert.Equal("", Letters());
        Assert.Equal("1,2|0|0", Text("SELECT (SELECT group_concat(seq) FROM (SELECT seq FROM letters_gone ORDER BY seq)) || '|' || (SELECT count(*) FROM attempts) || '|' || (SELECT count(*) FROM refused_again)"));
        Assert.Equal((1, 0), (ledger.Books.Purged, ledger.Books.Dead.GetValueOrDefault("http_410")));
        Assert.True(ledger.Books.Balance);
        Assert.True((await ledger.AuditAsync()).Balances);
        await ledger.DisposeAsync();
        await AssertSoundAsync();
    }

    private Seams Seams => new() { Time = _time };

    private static string Pipeline(string rules, string source = "lines") =>
        $$"""
        name: queue
        disk_reserve_bytes: 0
        sources: { {{source}}: { type: stdin } }
        stages:
          normalize: { from: {{source}} }
          classify: { from: normalize, {{rules}} }
          dedup: { from: classify, expected_urls: 1000, memory_bytes: 16777216 }
          buffer: { from: dedup }
        """;

    private async Task RunAsync(string pipeline, string lines)
    {
        using var input = new MemoryStream(Encoding.ASCII.GetBytes(lines));
        await using var run = await PipelineRun.OpenAsync(Define(pipeline), Seams, input, Stream.Null);
        var outcome = await RunTestBed.EndAsync(run.RunAsync());
        Assert.True(outcome.Balances);
    }

    private static async Task<(RunOutcome Outcome, Replay? Ended)> ReplayAsync(ReplayRun run, Replay replay) =>
        await run.RunAsync(replay, rate: null, Stream.Null).WaitAsync(AtMost, TestContext.Current.CancellationToken);

    private PipelineDefinition Define(string text)
    {
        var mistakes = new List<Mistake>();
        var definition = PipelineReader.Read("p.yaml", text, StageCatalog.Kinds, [], _state, mistakes, []);
        Assert.Equal("", string.Join('\n', mistakes));
        return definition!;
    }

    /// <summary>URL, source and place of the queue's last row.</summary>
    private async Task<string> LastQueuedAsync()
    {
        await using var ledger = SqliteLedger.Open(_state, Seams);
        var items = await ledger.TakeFromBacklogAsync(10, TimeSpan.FromMinutes(1));
        var item = items[^1];
        var packed = Convert.FromHexString(Text($"SELECT hex(packed) FROM queue_{PriorityClasses.NameOf(item.Priority)} WHERE seq = {item.Sequence}"));
        return $"{item.Url} {item.Source} {PackedRow.Read(packed).SourceOffset}";
    }

    /// <summary>Nothing that was taken out is missed by anybody.</summary>
    private async Task AssertSoundAsync()
    {
        var findings = new List<string>();
        await new StateCheck(new FsckOptions { StateDirectory = _state }, new Seams(), new StepProgress(TimeProvider.System), finding => findings.Add(finding.ToString())).RunAsync();
        Assert.Empty(findings);
    }

    private Replay? Unfinished()
    {
        using var acts = new ActReader(Path.Combine(_state, "ledger.db"));
        return acts.Unfinished();
    }

    private List<long> Sequences()
    {
        using var connection = SqlConnection.Open(Path.Combine(_state, "ledger.db"), readOnly: true);
        var letters = new List<long>();
        var rows = connection.Prepare("SELECT seq FROM dead_letter_queue ORDER BY seq");
        while (rows.Step())
            letters.Add(rows.Int64(0));
        rows.Reset();
        return letters;
    }

    private string Letters() => Text("SELECT coalesce(group_concat(replace(CAST(source_url AS TEXT), 'http://', '') || ' ' || failure_classification, ', '), '') FROM (SELECT * FROM dead_letter_queue ORDER BY seq)");

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
}
