using Atlas.Pipeline.Buffer;
using Atlas.Pipeline.Hosts;
using Microsoft.Extensions.Time.Testing;
using static Atlas.Pipeline.Tests.Buffer.Items;

namespace Atlas.Pipeline.Tests.Buffer;

/// <summary>Does at random what a frontier does, to a buffer and to its naive model alike.</summary>
internal sealed class BufferWalk
{
    private const int Hosts = 5;

    private readonly Random _random;
    private readonly FakeTimeProvider _time;
    private readonly PriorityWeights _weights;
    private readonly Dictionary<long, WorkItem> _items = [];
    private readonly List<WorkItem> _inFlight = [];

    public BufferWalk(BufferOptions options, Random random)
    {
        _random = random;
        _time = new FakeTimeProvider(Start);
        _weights = new PriorityWeights { Class = random.Next(4), Depth = random.Next(-2, 4), Sources = new Dictionary<string, int> { ["lifted"] = random.Next(-PriorityWeights.Most, PriorityWeights.Most + 1) } };
        var hosts = new HostsOptions { Concurrency = random.Next(1, 4), Delay = TimeSpan.FromMilliseconds(random.Next(2) * random.Next(3_000)), LatencyFactor = 0 };
        Buffer = new PriorityBuffer(options, new HostGate(hosts, random), _time);
        Model = new NaiveBuffer(options, hosts, _time);
    }

    public PriorityBuffer Buffer { get; }

    public NaiveBuffer Model { get; }

    /// <summary>Adds, ends, waits or lets time pass; true when it is a take's turn.</summary>
    public bool Step(int step)
    {
        var host = $"host-{_random.Next(Hosts)}";
        switch (_random.Next(8))
        {
            case 0 or 1:
                var now = _time.GetUtcNow();
                var item = Item(step, host, _weights.LevelOf((PriorityClass)_random.Next(PriorityClasses.Names.Count), (byte)_random.Next(5), _random.Next(2) == 0 ? "lifted" : "other"), now.AddMilliseconds(_random.Next(-200, 200) * _random.Next(1, 30)), now.AddMilliseconds(-_random.Next(300)));
                _items.Add(step, item);
                Model.Add(item);
                Buffer.Add(item);
                return false;
            case 2 or 3:
                return true;
            case 4 when _inFlight.Count > 0:
                End(_inFlight[_random.Next(_inFlight.Count)]);
                return false;
            case 5 when _inFlight.Count > 0:
                var sent = _inFlight[_random.Next(_inFlight.Count)];
                Model.Sent(sent);
                Buffer.Sending(sent);
                Buffer.Answered(sent);
                return false;
            case 6:
                var until = _time.GetUtcNow().AddMilliseconds(_random.Next(-10, 400) * _random.Next(1, 30));
                Model.HostWaits(host, until);
                Buffer.HostWaits(host, until);
                return false;
            default:
                _time.Advance(TimeSpan.FromMilliseconds(_random.Next(60) * _random.Next(1, 20)));
                return false;
        }
    }

    public void Recall()
    {
        while (Buffer.Recall(_random.Next(1, 5)) is { Count: > 0 } rows)
            Buffer.Restore([.. rows.Select(row => _items[row.Sequence])]);
    }

    public void Taken(WorkItem item) => _inFlight.Add(item);

    private void End(WorkItem item)
    {
        _inFlight.Remove(item);
        if (_random.Next(2) == 0)
        {
            Model.Finished(item);
            Buffer.Ended(item, HostOutcome.Nothing);
            return;
        }

        item.DueAt = _time.GetUtcNow().AddMilliseconds(_random.Next(200) * _random.Next(1, 30));
        Model.PutBack(item);
        Buffer.PutBack(item, HostOutcome.Nothing);
    }
}
