using Atlas.Pipeline.DeadLetters;
using Atlas.Pipeline.Host.Reporting;

namespace Atlas.Pipeline.Host.Commands;

/// <summary>Says what would be done to many dead letters, before it is.</summary>
internal static class DlqPlan
{
    /// <summary>How many letters a filter takes, by their reasons, and what is left out.</summary>
    public static async Task SayAsync(DlqDesk desk, LetterFilter filter, ReplayPlan plan)
    {
        var counts = await desk.Book.CountAsync(filter, "reason", int.MaxValue);
        if (counts.Letters > 0)
            Console.Error.Write(LetterCountsText.Of(counts, "reason"));
        if (plan.ReplayedBefore > 0)
            Console.Error.WriteLine($"{Figures.Count(plan.ReplayedBefore)} of them were replayed by this filter before, in vain, and are left out (--again takes them too).");
        if (plan.HeldBack > 0)
            Console.Error.WriteLine($"{Figures.Count(plan.HeldBack)} of them are held back (atlas dlq hold) and left out.");
        Console.Error.WriteLine(plan.Letters.Count == 0 ? "No dead letters to replay." : $"{Figures.Count(plan.Letters.Count)} dead letters would be replayed ({filter}).");
    }
}
