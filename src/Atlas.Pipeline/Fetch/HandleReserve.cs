using System.Globalization;

namespace Atlas.Pipeline.Fetch;

/// <summary>Keeps handles free for what is not a connection: the ledger, the index, lookups, and the runtime itself, which ends the process when it gets none. Any thread may call.</summary>
/// <remarks>
/// Looks once a second, and at once when what was taken since the last look could have used up what was free. While very many are free, every ten seconds: Linux asks each open handle what it is.
/// On a system that does not say what is open, nothing is kept.
/// </remarks>
/// <param name="look">How many handles this process may have, and has; null if nobody knows. <see cref="Look"/> outside of tests.</param>
/// <param name="time">For how old a look is.</param>
internal sealed class HandleReserve(Func<(long Limit, long Used)?> look, TimeProvider time)
{
    private const long MostKept = 64;
    private const long ShareKept = 10;
    private const long VeryMany = 8_192;
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LookEveryOfVeryMany = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RefusalLasts = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();
    private long _lookedAt = long.MinValue;
    private long _allowance;
    private bool _sawNone;
    private (long Limit, long Used)? _seen;

    /// <summary>Counts one more connection.</summary>
    /// <exception cref="FetchFailedException">There is no handle for it.</exception>
    public void Take()
    {
        lock (_gate)
        {
            Look_Locked();
            if (_seen is not { } seen)
                return;
            if (_allowance <= 0)
                throw new FetchFailedException(Reason.NoHandles, $"{seen.Used} of the {seen.Limit} handles that this process may have (ulimit -n) are in use, and {Kept(seen.Limit)} are kept free.");
            _allowance--;
        }
    }

    /// <summary>How long a connection may idle in the pool: shorter where so many fetches at once would otherwise fill it with connections to hosts that are done.</summary>
    /// <param name="concurrency">Fetches at once; each is taken to open two connections a second.</param>
    public TimeSpan IdleTimeout(int concurrency)
    {
        lock (_gate)
        {
            Look_Locked();
            return _seen is null ? TimeSpan.FromSeconds(30) : TimeSpan.FromSeconds(Math.Clamp(_allowance / (2.0 * concurrency), 1, 30));
        }
    }

    /// <summary>This process's limit and its open handles, from /proc.</summary>
    public static (long Limit, long Used)? Look()
    {
        const string Label = "Max open files";
        try
        {
            var line = File.ReadLines("/proc/self/limits").FirstOrDefault(line => line.StartsWith(Label, StringComparison.Ordinal));
            var limit = line?[Label.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
            return long.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out var handles) ? (handles, Directory.EnumerateFileSystemEntries("/proc/self/fd").LongCount()) : null;
        }
        catch (Exception error) when (error is DirectoryNotFoundException or FileNotFoundException or UnauthorizedAccessException)
        {
            return null;
        }
        catch (IOException)
        {
            // To look takes a handle itself.
            return (0, 0);
        }
    }

    private static long Kept(long limit) => Math.Min(MostKept, limit / ShareKept);

    private void Look_Locked()
    {
        var age = _lookedAt == long.MinValue ? TimeSpan.MaxValue : time.GetElapsedTime(_lookedAt);
        var lasts = _sawNone ? RefusalLasts
            : _allowance > VeryMany ? LookEveryOfVeryMany
            : _allowance > 0 || _seen is null ? LookEvery
            : TimeSpan.Zero;
        if (age < lasts)
            return;
        _seen = look();
        _allowance = _seen is { } seen ? seen.Limit - seen.Used - Kept(seen.Limit) : 0;
        _sawNone = _seen is not null && _allowance <= 0;
        _lookedAt = time.GetTimestamp();
    }
}
