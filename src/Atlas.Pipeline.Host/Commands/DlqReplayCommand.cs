using System.CommandLine;
using Atlas.Pipeline.Graph;
using Atlas.Pipeline.Host.Reporting;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Host.Commands;

/// <summary><c>atlas dlq replay</c>: dead letters go back into the stage that failed them.</summary>
internal static class DlqReplayCommand
{
    public static Command Create(Seams seams)
    {
        var state = new DlqArguments();
        var filters = new LetterFilterOptions();
        var yes = new Option<bool>("--yes") { Description = "Replays without asking. Without it, and without a terminal, it is only said how many would be." };
        var rate = new Option<double?>("--rate") { Description = "Letters a second; as many as there is room for unless given.", HelpName = "N" };
        var again = new Option<bool>("--again") { Description = "Also what the same filter has replayed before, in vain." };
        var resume = new Option<bool>("--resume") { Description = "Goes on with a replay that was cut short; no filter then." };
        var command = new Command("replay", """
            Sends dead letters that fit back into the pipeline, by the rules of today: lines that were refused go in where they came in, URLs that were given up are queued again as if they had never been tried. Nothing is fetched; the next run does that. No pipeline may be running there.
            Says first how many there are, and asks. A replay is durable: killed half-way, it goes on with --resume, and no letter is lost or replayed twice. What is refused again stays a letter, and the same filter leaves it out next time. What is held back (dlq hold) is left out too.
            """) { yes, rate, again, resume };
        state.AddTo(command);
        filters.AddTo(command);
        command.SetAction(async (line, _) =>
        {
            if (filters.Read(line) is not { } filter)
                return ExitCode.Usage;
            if (line.GetValue(rate) is <= 0)
            {
                Console.Error.WriteLine("--rate: must be more than 0.");
                return ExitCode.Usage;
            }

            if (line.GetValue(resume) && (filters.AreGiven(line) || line.GetValue(again)))
            {
                Console.Error.WriteLine($"--resume goes on with the letters that were chosen when the replay began, so it takes no filter{(line.GetValue(again) ? " and no --again" : "")}. Give it alone (--rate may stand beside it), or leave it out to begin another replay.");
                return ExitCode.Usage;
            }

            return await state.RunAsync(line, async desk =>
            {
                if (desk.State.Pipeline is not { } pipeline)
                {
                    Console.Error.WriteLine("A replay goes through the pipeline: give its YAML.");
                    return ExitCode.Usage;
                }

                var run = new ReplayRun(pipeline with { StateDirectory = desk.State.Directory }, seams);
                var unfinished = desk.Book.Unfinished();
                if (line.GetValue(resume))
                {
                    if (unfinished is null)
                        return NothingLeft();
                    if (await desk.Book.CountSinceAsync(unfinished) is > 0 and var since)
                        desk.Narration.Say($"note: {Figures.Count(since)} dead letters that fit ({unfinished.Filter}) have come since it began and are not part of it.");
                    return await RunAsync(run, unfinished, line.GetValue(rate), desk);
                }

                if (unfinished is not null)
                {
                    Console.Error.WriteLine($"A replay of {Figures.Count(unfinished.Wanted)} letters ({unfinished.Filter}) was cut short, or is still running, with {Figures.Count(unfinished.Remaining)} left: go on with it first, by --resume.");
                    return ExitCode.Usage;
                }

                var plan = await desk.Book.PlanReplayAsync(filter, line.GetValue(again));
                await DlqPlan.SayAsync(desk, filter, plan);
                if (plan.Letters.Count == 0)
                    return ExitCode.Done;
                desk.Steps.End();
                if (!Consent.IsGiven(line.GetValue(yes), $"Replay {Figures.Count(plan.Letters.Count)} dead letters?"))
                    return Consent.Withheld;
                desk.Book.Dispose();
                return await RunAsync(run, await run.BeginAsync(filter.ToString(), Consent.Who, [.. plan.Letters.Select(place => place.Sequence)]), line.GetValue(rate), desk);
            });
        });
        return command;
    }

    private static int NothingLeft()
    {
        Console.Error.WriteLine("No replay was cut short here.");
        return ExitCode.Done;
    }

    private static async Task<int> RunAsync(ReplayRun run, Replay replay, double? rate, DlqDesk desk)
    {
        // Whoever closes the ledger last leaves it without a WAL, and that is to be its writer.
        desk.Book.Dispose();
        var abortedBy = 0;
        Signals? signals = null;
        var running = run.RunAsync(replay, rate, Stream.Null, desk.Steps, opened =>
        {
            desk.Steps.Begin("replaying", replay.Remaining);
            signals = new Signals(opened.Drain, code =>
            {
                abortedBy = code;
                opened.Abort();
            });
        });
        for (var sent = 0L; await Task.WhenAny(running, Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System)) != running;)
        {
            var now = run.Sent;
            desk.Steps.Advance(now - sent);
            sent = now;
        }

        var (outcome, ended) = await running;
        signals?.Dispose();
        desk.Steps.End();
        if (outcome.Failure is { } failure)
            return Narration.Explain("The replay", failure);
        if (ended is not null)
        {
            Console.Out.WriteLine($"Of {Figures.Count(ended.Wanted)} dead letters {Figures.Count(ended.Left)} are none any more: admitted, queued again, or known already. {Figures.Count(ended.DiedAgain)} were refused again and stay.");
            if (ended.Gone > 0)
                Console.Out.WriteLine($"{Figures.Count(ended.Gone)} were deleted by another hand meanwhile, and are gone.");
            if (ended.Remaining > 0)
                Console.Out.WriteLine($"{Figures.Count(ended.Remaining)} went another way than to the queue and stay.");
            return outcome.Balances ? ExitCode.Done : ExitCode.Unbalanced;
        }

        Console.Error.WriteLine("The replay was cut short; what is left goes on with --resume.");
        return abortedBy != 0 ? abortedBy : ExitCode.Failed;
    }
}
