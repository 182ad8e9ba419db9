using System.Globalization;
using System.Text;
using Atlas.Pipeline.Graph;
using Atlas.Pipeline.Hosts;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Host.Reporting;

/// <summary>The end of a run, for people: where every line went.</summary>
internal static class RunSummary
{
    public static string Write(RunOutcome outcome)
    {
        var run = outcome.Last;
        var books = run.Books;
        var text = new StringBuilder();
        text.AppendLine($"{run.Pipeline}: {Figures.Count(books.Received)} lines in {Figures.Time(run.Elapsed)} ({Figures.Rate(books.Received / Seconds(run))}).");
        if (run.LinesSkipped > 0)
            text.AppendLine($"  skipped          {Figures.Count(run.LinesSkipped),14}  blank lines and comments, not counted as received");
        Row(text, "received", books.Received, books.Received);
        Row(text, "duplicates", books.Duplicates, books.Received);
        if (DuplicateText.Short(SourceDuplicates.Kinds(books.DuplicatesBySource), books.Duplicates) is { Length: > 0 } kinds)
            text.AppendLine($"    {kinds}");
        if (DuplicateText.Short(run.WorstHosts) is { Length: > 0 } hosts)
            text.AppendLine($"    most at {hosts}");
        Row(text, "rejected", books.Rejected.Values.Sum(), books.Received);
        Reasons(text, books.Rejected);
        Row(text, run.HasQueue ? "admitted" : "passed", books.Admitted, books.Received);
        if (books.RedirectTargets > 0)
            text.AppendLine($"    {"by redirects",-20} {Figures.Count(books.RedirectTargets),8}  that no source has named");
        if (run.HasQueue)
            Work(text, outcome);
        if (outcome is { Aborted: true, Failure: null })
            text.AppendLine(run.HasQueue ? "Aborted: what was being worked on goes on at the next start." : "Aborted: what has not passed has to be read again.");
        text.Append(Balance(outcome));
        return text.ToString();
    }

    /// <summary>Whether the books balance, and if not, what is off.</summary>
    public static string Balance(RunOutcome outcome)
    {
        if (outcome.Imbalances() is { Count: > 0 } imbalances)
            return $"THE BOOKS DO NOT BALANCE: {string.Join(" Also: ", imbalances)} Somebody changed the ledger, or this is a bug: please keep the state directory and report it.";
        return outcome.Last.HasQueue
            ? "The books balance: received = duplicates + rejected + admitted,\n  and all admitted = done + dead + queued."
            : "The books balance: received = duplicates + rejected + passed.";
    }

    /// <summary>What became of all that was ever admitted.</summary>
    private static void Work(StringBuilder text, RunOutcome outcome)
    {
        var run = outcome.Last;
        var books = run.Books;
        var seconds = Seconds(run);
        if (books.AdmittedBefore > 0)
            Row(text, "admitted before", books.AdmittedBefore, 0);

        var all = books.Admitted + books.AdmittedBefore;
        Row(text, "done", books.Done, all);
        if (books.Aliases > 0)
            text.AppendLine($"    {"aliases",-20} {Figures.Count(books.Aliases),8}  whose hosts redirect to other URLs");
        Row(text, "dead", books.Dead.Values.Sum(), all);
        Reasons(text, books.Dead);
        if (books.Purged > 0)
            Row(text, "purged", books.Purged, all);
        Row(text, "still queued", books.Queued + books.Leased, all);
        if (run is { NextFetchAt: { } never, Draining: false } && never == HostGate.HeldUntil && books.Queued > 0 && !outcome.Aborted)
            text.AppendLine(CultureInfo.InvariantCulture, $"    they wait for hosts ({Figures.Count(run.Hosts)}) that are held back: atlas dlq release lets them go");
        else if (run is { NextFetchAt: { } next, Draining: false } && books.Queued > 0 && !outcome.Aborted)
            text.AppendLine(CultureInfo.InvariantCulture, $"    they wait for their hosts ({Figures.Count(run.Hosts)}): the first may be fetched at {next.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC, by a later run");
        if (books.Retries > 0)
            Row(text, "retries", books.Retries, 0);
        if (!books.Refetches.IsEmpty)
            Refetches(text, books.Refetches);
        if (books.DoneThisRun > 0)
            text.AppendLine($"  fetched          {Figures.Bytes(books.BytesFetched),14}  {Figures.Count(books.DoneThisRun)} documents, {Figures.Rate(books.DoneThisRun / seconds)}");
        if (run.Commits is { Commits: > 0 } commits)
            text.AppendLine($"  commits          {Figures.Count(commits.Commits),14}  {Figures.Count((long)Math.Round(commits.MeanRows))} rows each in {commits.MeanTime.TotalMilliseconds.ToString("0.0", CultureInfo.InvariantCulture)} ms; at most {Figures.Count(commits.Size)} at the end");
        if (books.DedupAuthorityCaught > 0)
            text.AppendLine($"  caught late      {Figures.Count(books.DedupAuthorityCaught),14}  second records that the last constraint refused: the dedup index missed them");
    }

    /// <summary>Documents that were asked for again: they are part of what is done.</summary>
    private static void Refetches(StringBuilder text, RefetchBooks refetches)
    {
        Row(text, "asked again", refetches.Taken + refetches.Before, 0);
        Part("not modified", refetches.NotModified);
        Part("unchanged", refetches.Unchanged);
        Part("changed", refetches.Changed);
        foreach (var (reason, count) in refetches.Failed.OrderByDescending(reason => reason.Value))
            Part($"in vain: {reason}", count);
        Part("still queued", refetches.Waiting);

        void Part(string name, long count)
        {
            if (count > 0)
                text.AppendLine($"    {name,-20} {Figures.Count(count),8}");
        }
    }

    private static double Seconds(RunSnapshot run) => Math.Max(1e-3, run.Elapsed.TotalSeconds);

    private static void Row(StringBuilder text, string name, long count, long whole) =>
        text.AppendLine($"  {name,-16} {Figures.Count(count),14}  {Figures.Share(count, whole)}".TrimEnd());

    private static void Reasons(StringBuilder text, IReadOnlyDictionary<string, long> counts)
    {
        foreach (var (reason, count) in counts.Where(reason => reason.Value > 0).OrderByDescending(reason => reason.Value))
            text.AppendLine($"    {reason,-20} {Figures.Count(count),8}");
    }
}
