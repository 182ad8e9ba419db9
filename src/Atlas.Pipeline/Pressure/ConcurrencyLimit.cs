using Atlas.Pipeline.Hosts;

namespace Atlas.Pipeline.Pressure;

/// <summary>How many fetches may be under way: the most there may be, until hosts get slower or fail that did not before.</summary>
/// <remarks>
/// Additive increase, multiplicative decrease (as TCP, RFC 5681), decided once a window. Every host counts once in it, however much it was asked, and only against what it was itself before: so neither one slow host
/// nor a list of dead ones lowers the limit for all. Hosts that were never seen before have only their failures compared, all together, with the share of failures that is usual for such.
/// Any thread may call; the lock covers all fields.
/// </remarks>
internal sealed class ConcurrencyLimit
{
    private const int Slots = 4096;
    private const int LeastOutcomes = 8;
    private const int LeastFresh = 20;
    private const double Fall = 0.7;
    private const double Slower = 2;
    private const double SlowerByMilliseconds = 100;
    private const double UsualGrows = 1.02;
    private const double FailuresAboveUsual = 0.4;
    private static readonly TimeSpan ShortestWindow = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestWindow = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly HostInWindow[] _hosts = new HostInWindow[Slots];
    private readonly List<int> _active = [];
    private readonly int _min;
    private readonly int _max;
    private readonly TimeProvider _time;
    private readonly Func<PressureLevel> _pressure;
    private int _limit;
    private int _mostUsed;
    private int _outcomes;
    private long _windowStart;
    private TimeSpan _windowLength = ShortestWindow;
    private double? _usualFailures;

    /// <param name="min">Least that may be under way, from 1.</param>
    /// <param name="max">Most, from <paramref name="min"/>.</param>
    /// <param name="time">For the windows.</param>
    /// <param name="pressure">The pressure now.</param>
    public ConcurrencyLimit(int min, int max, TimeProvider time, Func<PressureLevel> pressure)
    {
        (_min, _max, _limit, _time, _pressure) = (min, max, max, time, pressure);
        _windowStart = time.GetTimestamp();
    }

    /// <summary>The limit now, pressure included: from min to max.</summary>
    public int Now
    {
        get
        {
            var limit = Volatile.Read(ref _limit);
            return _pressure() switch
            {
                PressureLevel.Critical => _min,
                PressureLevel.High => Math.Max(_min, limit / 2),
                _ => limit,
            };
        }
    }

    /// <summary>The limit, for one who has so many under way.</summary>
    public int For(int used)
    {
        if (used > Volatile.Read(ref _mostUsed))
            Volatile.Write(ref _mostUsed, used);
        return Now;
    }

    /// <summary>The head of an answer has come, so long after the request.</summary>
    public void Answered(string hostKey, TimeSpan latency)
    {
        lock (_gate)
        {
            ref var host = ref Enter_Locked(hostKey, out var isIn);
            if (!isIn)
                return;
            host.Milliseconds += Math.Max(0, latency.TotalMilliseconds);
            host.Answers++;
        }
    }

    /// <summary>A fetch has ended.</summary>
    public void Ended(string hostKey, HostOutcome outcome)
    {
        if (outcome == HostOutcome.Nothing)
            return;
        lock (_gate)
        {
            ref var host = ref Enter_Locked(hostKey, out var isIn);
            if (isIn)
            {
                host.Ended++;
                host.Failed += outcome == HostOutcome.Failed ? 1 : 0;
            }

            _outcomes++;
            if (_outcomes >= LeastOutcomes && _time.GetElapsedTime(_windowStart) >= _windowLength)
                EndWindow_Locked();
        }
    }

    /// <summary>The host's place. Two hosts may want the same: then the one that was not asked in this window makes room, and otherwise the later one is not counted.</summary>
    private ref HostInWindow Enter_Locked(string hostKey, out bool isIn)
    {
        var hash = string.GetHashCode(hostKey, StringComparison.Ordinal);
        var place = (int)((uint)hash % Slots);
        ref var host = ref _hosts[place];
        isIn = true;
        if (!host.IsActive)
        {
            if (host.Hash != hash)
                host = new HostInWindow { Hash = hash };
            host.IsActive = true;
            _active.Add(place);
        }
        else if (host.Hash != hash)
        {
            isIn = false;
        }

        return ref host;
    }

    private void EndWindow_Locked()
    {
        int known = 0, worse = 0, fresh = 0, freshFailed = 0, answers = 0;
        var milliseconds = 0.0;
        foreach (var place in _active)
        {
            ref var host = ref _hosts[place];
            milliseconds += host.Milliseconds;
            answers += host.Answers;
            if (host.Usual > 0)
            {
                known++;
                worse += host.GotWorse ? 1 : 0;
            }
            else
            {
                fresh += host.Ended;
                freshFailed += host.Failed;
            }

            host.EndWindow();
        }

        // Known hosts say nothing for the others when they are few among them.
        var slowed = worse * 2 > known && known * 4 >= _active.Count;
        if (slowed || FreshFail_Locked(fresh, freshFailed))
            _limit = Math.Max(_min, (int)(_limit * Fall));
        else if (worse * 10 <= known && Volatile.Read(ref _mostUsed) >= _limit - Math.Max(1, _limit / 4) && MayRaise_Locked())
            _limit = Math.Min(_max, _limit + (int)Math.Ceiling(Math.Sqrt(_limit)));

        _windowLength = TimeSpan.FromMilliseconds(Math.Clamp(answers == 0 ? 0 : milliseconds / answers, ShortestWindow.TotalMilliseconds, LongestWindow.TotalMilliseconds));
        _windowStart = _time.GetTimestamp();
        Volatile.Write(ref _mostUsed, 0);
        _outcomes = 0;
        _active.Clear();
    }

    private bool FreshFail_Locked(int fresh, int failed)
    {
        if (fresh < LeastFresh)
            return false;
        var share = (double)failed / fresh;
        var isMore = share > _usualFailures + FailuresAboveUsual;
        _usualFailures = _usualFailures is { } usual ? usual + ((share - usual) / 10) : share;
        return isMore;
    }

    private bool MayRaise_Locked() => _pressure() switch
    {
        PressureLevel.None => true,
        PressureLevel.Moderate => _limit < _max / 2,
        _ => false,
    };

    /// <summary>What is known of a host, and what it did in this window.</summary>
    private struct HostInWindow
    {
        public int Hash;
        public bool IsActive;

        /// <summary>The least mean latency of a window, in milliseconds, grown a little with every window since; 0 while it has not answered in an earlier one.</summary>
        public double Usual;
        public double Milliseconds;
        public int Answers;
        public int Ended;
        public int Failed;

        public readonly bool GotWorse => Failed * 2 > Ended || (Answers > 0 && Milliseconds / Answers > (Usual * Slower) + SlowerByMilliseconds);

        public void EndWindow()
        {
            if (Answers > 0)
            {
                // Never 0, which is not known.
                var mean = Math.Max(0.001, Milliseconds / Answers);
                Usual = Usual > 0 ? Math.Min(Usual * UsualGrows, mean) : mean;
            }

            (IsActive, Milliseconds, Answers, Ended, Failed) = (false, 0, 0, 0, 0);
        }
    }
}
