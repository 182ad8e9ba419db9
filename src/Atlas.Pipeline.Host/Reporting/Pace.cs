using Atlas.Pipeline.Graph;

namespace Atlas.Pipeline.Host.Reporting;

/// <summary>Rates over the last few seconds and the time left, from one look to the next.</summary>
/// <remarks>One caller at a time. A look every half second; what ended is at 0 three seconds later, not fading for long.</remarks>
internal sealed class Pace
{
    private const int Looks = 7;

    private readonly Queue<Sample> _looks = new();
    private Sample? _last;

    /// <summary>Lines a second.</summary>
    public double Received => PerSecond(static look => look.Received);

    /// <summary>Items done or given up a second.</summary>
    public double Finished => PerSecond(static look => look.Finished);

    /// <summary>What a source or stage takes, in lines or items a second.</summary>
    public double Of(string stage) => PerSecond(look => look.Taken.GetValueOrDefault(stage));

    public void Look(RunSnapshot now)
    {
        // The stages' meters go on counting, so their figures are copied.
        _last = new Sample(now, FinishedOf(now), now.Stages.ToDictionary(stage => stage.Name, stage => stage.Taken));
        _looks.Enqueue(_last);
        if (_looks.Count > Looks)
            _looks.Dequeue();
    }

    /// <summary>The time left where the input's size is known: to read the rest of it, and to finish the work it will have become at the rate so far.</summary>
    public TimeSpan? Left()
    {
        if (_last?.Run is not { BytesTotal: > 0 and { } total, BytesRead: > 0 } now)
            return null;

        var read = Math.Min(1, now.BytesRead / (double)total);
        var reading = read >= 1 ? 0 : (total - now.BytesRead) / PerSecond(static look => look.Run.BytesRead);
        var work = (now.Books.Admitted / read) + now.Books.AdmittedBefore - _last.Finished;
        var working = work < 1 ? 0 : work / Finished;
        var seconds = Math.Max(reading, working);
        return double.IsFinite(seconds) && seconds < TimeSpan.FromDays(365).TotalSeconds ? TimeSpan.FromSeconds(seconds) : null;
    }

    private double PerSecond(Func<Sample, long> count)
    {
        if (_last is null || !_looks.TryPeek(out var first))
            return 0;
        var seconds = (_last.Run.Elapsed - first.Run.Elapsed).TotalSeconds;
        return seconds > 0 ? (count(_last) - count(first)) / seconds : 0;
    }

    private static long FinishedOf(RunSnapshot run) => run.Books.Done + run.Books.Dead.Values.Sum();

    private sealed record Sample(RunSnapshot Run, long Finished, Dictionary<string, long> Taken)
    {
        public long Received => Run.Books.Received;
    }
}
