using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Sources;

/// <summary>Reads the links that documents brought, from the ledger, as a tailed file is read: lines with a place, which is committed with what becomes of them.</summary>
/// <remarks>
/// Ends when nothing can be found any more: the other sources have ended, all that was read is durable, nothing is being fetched or waits for it, and no link is left. These are looked at in this order.
/// Each one stays true while the later ones are looked at, as nothing but this source could change it then; and links are durable before their document stops counting as being fetched.
/// </remarks>
internal sealed class DiscoveredSource : IDisposable
{
    /// <summary>What the links are called among a source's files.</summary>
    internal const string Links = "found";

    /// <summary>Bytes that are read before the ledger is asked to let go of them.</summary>
    private const long KeptBytes = 4 * 1024 * 1024;

    private readonly string _name;
    private readonly ILedger _ledger;
    private readonly LineBatcher _lines;
    private readonly EndOfWork _end;
    private readonly Signal _grown = new();
    private long _start;
    private long _forgottenAt;

    /// <summary>The first byte that has not been read.</summary>
    private long _position;

    /// <param name="name">The source's name in the YAML.</param>
    /// <param name="pool">Where batches come from.</param>
    /// <param name="progress">Where receipts are opened.</param>
    /// <param name="ledger">Where the links are.</param>
    /// <param name="end">How to know that no more will come.</param>
    /// <param name="seams">Time.</param>
    public DiscoveredSource(string name, UrlBatchPool pool, SourceProgress progress, ILedger ledger, EndOfWork end, Seams seams)
    {
        _name = name;
        _ledger = ledger;
        _end = end;
        _lines = new LineBatcher(name, pool, progress, seams);
    }

    /// <summary>Bytes read in this run.</summary>
    public long BytesRead => Math.Max(0, Interlocked.Read(ref _position) - Interlocked.Read(ref _start));

    /// <summary>Reads until nothing can be found any more, or until the drain begins; what is found later is read by the next run.</summary>
    /// <param name="send">Takes a batch; false ends the reading.</param>
    /// <param name="drain">Stops the reading; everything that was read is sent.</param>
    public async Task RunAsync(Func<UrlBatch, Task<bool>> send, CancellationToken drain)
    {
        _ledger.Found += _grown.Raise;
        try
        {
            await Task.Yield();
            _position = _start = _forgottenAt = _ledger.ResumeOffset(_name, Links);
            _lines.StartAt(Links, _position);
            var othersEnded = _end.OthersEnded();
            while (!drain.IsCancellationRequested)
            {
                var grown = _grown.Arm();
                if (!await SendAllAsync(send, drain))
                    return;
                if (!othersEnded.IsCompleted)
                {
                    await Task.WhenAny(grown, othersEnded).WaitAsync(drain);
                    continue;
                }

                await _end.AllDurable().WaitAsync(drain);
                await ForgetAsync();
                if (grown.IsCompleted)
                    continue;
                var idle = _end.WorkIsIdle();
                await Task.WhenAny(grown, idle).WaitAsync(drain);
                if (idle.IsCompleted && _ledger.FoundEnd <= _position)
                    return;
            }
        }
        catch (OperationCanceledException) when (drain.IsCancellationRequested)
        {
            // The wait for more was what the drain interrupted.
        }
        finally
        {
            _ledger.Found -= _grown.Raise;
        }
    }

    public void Dispose() => _lines.Dispose();

    /// <summary>Sends what is there; false when nobody takes any more.</summary>
    private async Task<bool> SendAllAsync(Func<UrlBatch, Task<bool>> send, CancellationToken drain)
    {
        while (!drain.IsCancellationRequested && _ledger.ReadFound(_position) is { } chunk)
        {
            // The place that was committed is before what is left when it was another source's.
            if (chunk.Start != _lines.Position)
            {
                if (!await SendTakenAsync(send))
                    return false;
                _lines.StartAt(Links, chunk.Start);
            }

            _lines.Depth = chunk.Depth;
            ReadOnlyMemory<byte> rest = chunk.Lines;
            while (true)
            {
                rest = rest[_lines.Append(rest.Span)..];
                if (rest.IsEmpty)
                    break;
                if (!await SendTakenAsync(send))
                    return false;
            }

            Interlocked.Exchange(ref _position, chunk.Start + chunk.Lines.Length);
            if (_position - _forgottenAt > KeptBytes)
                await ForgetAsync();
        }

        return await SendTakenAsync(send);
    }

    private async Task<bool> SendTakenAsync(Func<UrlBatch, Task<bool>> send) => _lines.Take() is not { } batch || await send(batch);

    /// <summary>Lets go of what is read for good: up to the place that is committed.</summary>
    private async Task ForgetAsync()
    {
        var committed = _ledger.ResumeOffset(_name, Links);
        if (committed > _forgottenAt)
            await _ledger.ForgetFoundAsync(committed);
        _forgottenAt = Math.Max(committed, _forgottenAt);
    }
}

/// <summary>How a source that reads what the pipeline itself finds knows that it is over.</summary>
/// <param name="OthersEnded">Completes when no other source will read a line any more.</param>
/// <param name="AllDurable">Completes when what has been read by all sources is committed.</param>
/// <param name="WorkIsIdle">Completes when, after this was called, nothing was being fetched, and nothing was left that this run will fetch.</param>
internal sealed record EndOfWork(Func<Task> OthersEnded, Func<Task> AllDurable, Func<Task> WorkIsIdle);
