using System.Globalization;
using System.Text;
using Atlas.Pipeline.Host.Commands;
using Atlas.Pipeline.Migrate;

namespace Atlas.Pipeline.Host.Reporting;

/// <summary>What a migration does, for people.</summary>
internal static class MigrationText
{
    private const int MostGaps = 20;

    public static string Of(MigrationPlan plan)
    {
        var text = new StringBuilder();
        foreach (var input in plan.Inputs)
        {
            text.Append(CultureInfo.InvariantCulture, $"{input.Path}: {Figures.Bytes(input.Bytes)}, {Figures.Count(input.Tables.Sum(table => table.Rows))} rows\n");
            if (!input.Tables.Any(table => LegacyTables.Find(table.Name) is not null))
                text.Append("  none of its tables is one of Atlas: there is nothing to take over\n");
            AppendGaps(text, input.Tables);
        }

        text.Append(CultureInfo.InvariantCulture, $"into {plan.State}, times without a zone read as {plan.Settings.TimeZone}\n");
        AppendActions(text, plan.Actions);
        return text.ToString();
    }

    /// <summary>What has become of it.</summary>
    public static string Of(MigrationPlan plan, MigrationOutcome outcome) => string.Create(CultureInfo.InvariantCulture, $"""
        {(outcome.WasDone ? "This migration was done before: nothing was changed." : "Taken over.")}
          queued {Figures.Count(outcome.Queued)}, documents {Figures.Count(outcome.Documents)}, dead letters {Figures.Count(outcome.DeadLetters)}, known before {Figures.Count(outcome.Existing)}
          digest {outcome.Digest}
        Look for every row with: atlas migrate verify --state {ShellWord.Of(plan.State)}
        Take it back with: atlas migrate rollback --state {ShellWord.Of(plan.State)}

        """);

    /// <summary>What was taken back.</summary>
    public static string Of(string state, RollbackOffer taken) => taken.HadBegun
        ? $"Migration {taken.Id} was taken back: {state} is {(taken.LedgerDigest is { } digest ? $"what it was before (ledger {digest})" : Directory.EnumerateFileSystemEntries(state).Any() ? "without a ledger again; what operators have put there stays" : "empty again")}.\n"
        : $"Migration {taken.Id} had taken nothing over yet: its copies were deleted, and nothing else was changed.\n";

    /// <summary>Rows that cannot be read, a line each, up to a limit.</summary>
    public static void AppendGaps(StringBuilder text, IReadOnlyList<LegacyTableRead> tables)
    {
        var gaps = tables.SelectMany(table => table.Unreadable).ToList();
        foreach (var gap in gaps.Take(MostGaps))
            text.Append(CultureInfo.InvariantCulture, $"  cannot be read: {gap}\n");
        if (gaps.Count > MostGaps)
            text.Append(CultureInfo.InvariantCulture, $"  and {Figures.Count(gaps.Count - MostGaps)} more gaps\n");
    }

    public static void AppendActions(StringBuilder text, MigrationActions actions)
    {
        Line("to the queue", actions.Queue.Values.Sum());
        foreach (var name in PriorityClasses.Names.Where(actions.Queue.ContainsKey))
            Line("  " + name, actions.Queue[name]);
        if (actions.WithoutContent > 0)
            Line("  of these, without a queue row or content", actions.WithoutContent);
        Line("to the documents", actions.Documents);
        Line("to the dead letters", actions.DeadLetters.Values.Sum());
        foreach (var (reason, count) in actions.DeadLetters.OrderByDescending(letter => letter.Value))
            Line("  " + reason, count);
        if (actions.Existing > 0)
            Line("already in the state directory", actions.Existing);
        Line("rows merged into an earlier one", actions.Merged);
        Line("rows whose ids lead to their resource", actions.Aliases);

        void Line(string what, long count) => text.Append(CultureInfo.InvariantCulture, $"  {what,-44} {Figures.Count(count),14}\n");
    }
}
