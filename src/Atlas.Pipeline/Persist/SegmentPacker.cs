using System.Globalization;
using Atlas.Pipeline.Ledger;
using Microsoft.Extensions.Logging;

namespace Atlas.Pipeline.Persist;

/// <summary>Packs the segments that are full while the run goes on, on a thread of its own that gets what processors have left.</summary>
/// <remarks>
/// A segment is full when the ledger has recorded a body in a later one: then no run will ever write to it. The thread looks once a second and when it is told to end; it owns every field but the signals.
/// What fails is said once, counted, and tried again: nothing that goes wrong here is the run's.
/// </remarks>
internal sealed partial class SegmentPacker : IAsyncDisposable
{
    /// <summary>How long a segment that could not be packed is left alone, and with it all others: mostly it is the disk.</summary>
    public static readonly TimeSpan RetryAfter = TimeSpan.FromMinutes(1);

    /// <summary>How long full segments may still be packed when the run has ended by itself, at most.</summary>
    private static readonly TimeSpan MostEndTime = TimeSpan.FromSeconds(5);

    /// <summary>And of the time that the run took, this part: a run that leaves its processors no time must not become longer by it.</summary>
    private const int EndShare = 50;

    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private readonly string _directory;
    private readonly ILedger _ledger;
    private readonly PackingLimits _limits;
    private readonly IDisk _disk;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly PackWriter _writer;
    private readonly Queue<int> _full = new();
    private readonly ITimer _timer;
    private readonly AutoResetEvent _wake = new(true);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long _start;
    private int _known;
    private long _failedAt;
    private bool _isFailing;

    /// <summary>When it has to be over, as a timestamp; 0 while the run goes on.</summary>
    private long _endsAt;

    public SegmentPacker(string directory, ILedger ledger, PackingLimits limits, Seams seams)
    {
        (_directory, _ledger, _limits, _disk, _time) = (directory, ledger, limits, seams.Disk, seams.Time);
        _start = _time.GetTimestamp();
        _log = seams.Logs.CreateLogger("Atlas.Pipeline.Persist");
        _writer = new PackWriter(directory, seams.Disk);
        _timer = _time.CreateTimer(_ => _wake.Set(), null, LookEvery, LookEvery);
        new Thread(Work) { IsBackground = true, Name = "atlas-packing" }.Start();
    }

    /// <summary>What was packed so far, and how often it failed.</summary>
    public PackInstruments Counts { get; } = new();

    /// <summary>Packs what is full for a fiftieth of the time since it was made, or stops at once when the run was told to end. What is left the next run packs.</summary>
    public async ValueTask DisposeAsync()
    {
        var endTime = _time.GetElapsedTime(_start) / EndShare;
        Volatile.Write(ref _endsAt, _time.GetTimestamp() + (long)(Math.Min(endTime.TotalSeconds, MostEndTime.TotalSeconds) * _time.TimestampFrequency));
        _wake.Set();
        await _ended.Task;
        await _timer.DisposeAsync();
        Counts.Dispose();
    }

    private bool MustEnd => _limits.Leaving.IsCancellationRequested || (Volatile.Read(ref _endsAt) is > 0 and var end && _time.GetTimestamp() >= end);

    private bool MustRest => _isFailing && _time.GetElapsedTime(_failedAt) < RetryAfter;

    private void Work()
    {
        LowPriority.Take();
        bool isLast;
        do
        {
            _wake.WaitOne();
            isLast = Volatile.Read(ref _endsAt) > 0;
            PackAll(isLast);
        }
        while (!isLast);

        if (Counts.Segments > 0)
            LogPacked(Counts.Segments, Mebibytes(Counts.Before), Mebibytes(Counts.After));
        _ended.SetResult();
    }

    private void PackAll(bool isLast)
    {
        if (MustRest)
            return;
        try
        {
            Look();
            while (_full.Count > 0 && !MustEnd && !MustRest && (isLast || !_limits.MustWait()))
                Pack(_full.Peek());
        }
        catch (Exception error)
        {
            // Also what nobody expected: bodies that are not compressed are no reason to end a run.
            Fail(error);
        }
    }

    /// <summary>Finds what has become full. The first time that is whatever lies there, and what an earlier packing has not finished is taken away.</summary>
    private void Look()
    {
        var tail = _ledger.BodiesTail.Segment;
        if (_known > 0)
        {
            for (; _known < tail; _known++)
                _full.Enqueue(_known);
            return;
        }

        foreach (var segment in _writer.FindSegments(below: tail))
            _full.Enqueue(segment);
        _known = Math.Max(1, tail);
    }

    private void Pack(int segment)
    {
        try
        {
            ThrowIfNoRoom(SegmentStore.PathOf(_directory, segment));
            if (_writer.TryPack(segment, GoesOn, _ledger.ThrowIfTaken) is { } sizes)
            {
                Counts.Packed(sizes.Before, sizes.After);
                _isFailing = false;
            }
            else if (MustEnd)
            {
                return;
            }

            _full.Dequeue();
        }
        catch (Exception error)
        {
            // Another one may be readable where this one is not.
            _full.Enqueue(_full.Dequeue());
            Fail(error);
        }
    }

    /// <summary>At worst a pack is as large as its segment, and both lie there for a moment. As much again is left to the run.</summary>
    private void ThrowIfNoRoom(string path)
    {
        using var segment = _disk.OpenRead(path);
        var length = segment.Length;
        if (_disk.FreeBytes(_directory) / 2 < length || !_limits.HasRoom(length))
            throw new IOException($"There is no room for {Mebibytes(length)} beside {path}.");
    }

    private bool GoesOn()
    {
        while (!MustEnd && Volatile.Read(ref _endsAt) == 0 && _limits.MustWait())
            _wake.WaitOne();
        return !MustEnd;
    }

    private void Fail(Exception error)
    {
        Counts.Failed();
        if (!_isFailing)
            LogFailed(error.Message);
        (_isFailing, _failedAt) = (true, _time.GetTimestamp());
    }

    private static string Mebibytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / (1024.0 * 1024.0):0.0} MiB");

    [LoggerMessage(7000, LogLevel.Warning, "A segment of bodies could not be compressed: {Error} It stays as it is, and is tried again every minute.")]
    private partial void LogFailed(string error);

    [LoggerMessage(7001, LogLevel.Information, "{Segments} segments of bodies were compressed: {Before} became {After}.")]
    private partial void LogPacked(long segments, string before, string after);
}
