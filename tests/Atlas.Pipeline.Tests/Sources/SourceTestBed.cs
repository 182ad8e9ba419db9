using System.Text;

namespace Atlas.Pipeline.Tests.Sources;

/// <summary>Takes batches as a pipeline would: remembers their rows and settles them.</summary>
internal sealed class SourceTestBed
{
    private readonly object _gate = new();
    private readonly List<string> _rows = [];
    private readonly List<(int Count, TaskCompletionSource Reached)> _waiting = [];

    public UrlBatchPool Pool { get; } = new();

    public SourceProgress Progress { get; } = new("lines");

    /// <summary>The rows so far, as text, with the reason behind a bar if they were refused.</summary>
    public IReadOnlyList<string> Rows
    {
        get
        {
            lock (_gate)
                return [.. _rows];
        }
    }

    public Task<bool> SendAsync(UrlBatch batch)
    {
        lock (_gate)
        {
            foreach (ref readonly var row in batch.ActiveRows)
                _rows.Add(Shown(batch, row));
            foreach (var (count, reached) in _waiting)
            {
                if (_rows.Count >= count)
                    reached.TrySetResult();
            }
        }

        batch.Release();
        return Task.FromResult(true);
    }

    public Task WhenRows(int count)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            _waiting.Add((count, reached));
            if (_rows.Count >= count)
                reached.TrySetResult();
        }

        return reached.Task.WaitAsync(TimeSpan.FromSeconds(10));
    }

    public Dictionary<string, long> Advanced()
    {
        var places = new List<(string File, long Offset)>();
        Progress.TryTakeAdvance(places);
        return places.ToDictionary(place => place.File, place => place.Offset);
    }

    public static string Shown(UrlBatch batch, in UrlRow row)
    {
        var text = Encoding.Latin1.GetString(batch.TextOf(row));
        return row.Fate == Fate.Forward ? text : $"{text}|{row.Reason}";
    }
}
