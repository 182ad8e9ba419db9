using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Sources;

/// <summary>Reads the dead letters of a replay in the place of a source: each line comes in where it came in first, and is decided on by the rules of today.</summary>
/// <remarks>
/// A letter leaves the replay's list in the transaction of what is decided about it, so there is no position to keep: what is on the list when a run begins is what is left to do.
/// Ends with the list. The first source of a pipeline also takes the letters of sources that the pipeline no longer has, and has the URLs queued again that were given up.
/// </remarks>
/// <param name="name">The source's name in the YAML.</param>
/// <param name="readsFound">Whether it reads what documents had linked to.</param>
/// <param name="others">The pipeline's other sources, when this is its first one; null for each of these.</param>
/// <param name="replay">What is replayed, and how fast.</param>
/// <param name="pool">Where batches come from.</param>
/// <param name="ledger">Where the letters are.</param>
/// <param name="seams">Time.</param>
internal sealed class ReplayedSource(string name, bool readsFound, IReadOnlySet<string>? others, ReplayPace replay, UrlBatchPool pool, ILedger ledger, Seams seams)
{
    /// <summary>The depth of what a document had linked to, where nobody has kept how far away it was.</summary>
    private const byte LeastDepthOfFound = 1;

    private long _after;

    /// <param name="send">Takes a batch; false ends the reading.</param>
    /// <param name="drain">Stops the reading; everything that was read is sent.</param>
    public async Task RunAsync(Func<UrlBatch, Task<bool>> send, CancellationToken drain)
    {
        await Task.Yield();
        while (others is not null && !drain.IsCancellationRequested && await replay.TakeAsync(UrlBatch.MaxRows, drain) is var most && await ledger.ReviveAsync(replay.Id, most) is > 0 and var revived)
            replay.Done(revived);

        while (!drain.IsCancellationRequested && ledger.ReadReplayed(replay.Id, _after, UrlBatch.MaxRows) is { Count: > 0 } lines)
        {
            _after = lines[^1].Letter;
            var own = lines.Where(line => line.Source == name || others?.Contains(line.Source) == false).ToList();
            for (var next = 0; next < own.Count;)
            {
                var most = await replay.TakeAsync(own.Count - next, drain);
                var batch = Batch(own, ref next, next + most);
                var count = batch.Count;
                if (!await send(batch))
                    return;
                replay.Done(count);
            }
        }
    }

    /// <summary>As many of the lines as one batch holds and have one source.</summary>
    private UrlBatch Batch(List<ReplayedLine> lines, ref int next, int end)
    {
        var first = next;
        var batch = pool.Rent();
        batch.Source = lines[first].Source;
        batch.ReadAt = seams.Time.GetTimestamp();
        var text = 0;
        for (; next < end && lines[next].Source == batch.Source && text + lines[next].Line.Length <= UrlBatch.TextCapacity; next++)
        {
            var line = lines[next];
            ref var row = ref ReplayedRow.Add(batch, ref text, line.Line, line.Refusal.Reason, line.Refusal.ContentId);
            row.SourceOffset = line.Refusal.SourceOffset;
            row.Depth = line.Refusal.Depth ?? (readsFound && line.Source == name ? LeastDepthOfFound : (byte)0);
        }

        batch.Letters = new ReplayedLetters(replay.Id, [.. lines[first..next].Select(line => line.Letter)]);
        return batch;
    }
}

/// <summary>What is replayed, and how fast; shared by the sources of a run. Any thread.</summary>
/// <param name="id">The ledger's number of the replay.</param>
/// <param name="rate">Letters a second; null for as many as there is room for.</param>
/// <param name="time">The clock.</param>
internal sealed class ReplayPace(long id, double? rate, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly long _begun = time.GetTimestamp();
    private long _taken;
    private long _done;

    public long Id { get; } = id;

    /// <summary>Letters that were sent on so far.</summary>
    public long Replayed => Interlocked.Read(ref _done);

    public void Done(int letters) => Interlocked.Add(ref _done, letters);

    /// <summary>Waits until some may be sent.</summary>
    /// <param name="most">Letters that there are, from 1.</param>
    /// <param name="drain">Ends the waiting.</param>
    /// <returns>How many may be sent, from 1.</returns>
    public async Task<int> TakeAsync(int most, CancellationToken drain)
    {
        if (rate is not { } perSecond)
            return most;

        // A tenth of a second at a time, so that a slow rate is an even one.
        var take = Math.Clamp((int)(perSecond / 10), 1, most);
        TimeSpan wait;
        lock (_gate)
        {
            wait = TimeSpan.FromSeconds(_taken / perSecond) - time.GetElapsedTime(_begun);
            _taken += take;
        }

        if (wait > TimeSpan.Zero)
            await Task.Delay(wait, time, drain);
        return take;
    }
}
