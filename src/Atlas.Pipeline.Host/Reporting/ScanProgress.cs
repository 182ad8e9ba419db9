namespace Atlas.Pipeline.Host.Reporting;

/// <summary>Says on stderr how far a pass over the ledger is, once it takes longer than people like to wait without a word.</summary>
/// <param name="rows">Rows there are.</param>
/// <param name="isShown">False says nothing.</param>
internal sealed class ScanProgress(long rows, bool isShown)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly long _start = TimeProvider.System.GetTimestamp();
    private TimeSpan _last = TimeSpan.Zero;
    private long _read;

    public void Report(long read)
    {
        _read = read;
        var elapsed = TimeProvider.System.GetElapsedTime(_start);
        if (!isShown || elapsed - _last < Patience)
            return;
        _last = elapsed;
        Console.Error.WriteLine($"{Figures.Count(read)} of {Figures.Count(rows)} rows read ({Figures.Rate(read / elapsed.TotalSeconds)}).");
    }

    /// <summary>The last word, where there was a first one.</summary>
    public void End()
    {
        if (_last > TimeSpan.Zero)
            Console.Error.WriteLine($"{Figures.Count(_read)} rows read in {Figures.Time(TimeProvider.System.GetElapsedTime(_start))}.");
    }
}
