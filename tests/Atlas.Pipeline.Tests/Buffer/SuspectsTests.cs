using Atlas.Pipeline.Buffer;
using Atlas.Pipeline.Hosts;
using Microsoft.Extensions.Time.Testing;
using static Atlas.Pipeline.Tests.Buffer.Items;

namespace Atlas.Pipeline.Tests.Buffer;

public sealed class SuspectsTests
{
    private readonly PriorityBuffer _buffer = new(new BufferOptions { Capacity = 100 }, new HostGate(new HostsOptions { Concurrency = 1, Delay = TimeSpan.Zero }, new Random(1)), new FakeTimeProvider(Start));
    private readonly Suspects _suspects = new();

    [Theory]
    [InlineData(64, 1, 64)]
    [InlineData(64, 2, 32)]
    [InlineData(64, 6, 2)]
    [InlineData(64, 7, 1)]
    [InlineData(4_096, 13, 1)]
    [InlineData(1, 2, 1)]
    [InlineData(4_096, 1_000, 1)]
    public void Every_further_loss_halves_the_company_down_to_none(int fetchers, int lost, int company) =>
        Assert.Equal(company, Suspects.Company(lost, fetchers));

    [Fact]
    public void One_loss_is_no_suspicion()
    {
        Assert.False(Suspects.Is(Lost(1, losses: 1)));
        Assert.True(Suspects.Is(Lost(1, losses: 2)));
    }

    [Fact]
    public void The_least_suspect_go_first_and_the_most_suspect_alone()
    {
        _suspects.Add(Lost(1, losses: 9));
        _suspects.Add(Lost(2, losses: 9));
        for (var i = 3; i <= 6; i++)
            _suspects.Add(Lost(i, losses: 2));

        Assert.Equal([3, 4, 5, 6], LetIn(fetchers: 8));
        Assert.Empty(LetIn(fetchers: 8));
        for (var i = 0; i < 3; i++)
            _suspects.Settled();
        Assert.Empty(LetIn(fetchers: 8));
        _suspects.Settled();
        Assert.Equal([1], LetIn(fetchers: 8));
        Assert.Empty(LetIn(fetchers: 8));
        Assert.Equal(1, _suspects.Count);
        _suspects.Settled();
        Assert.Equal([2], LetIn(fetchers: 8));
        Assert.Equal(0, _suspects.Count);
    }

    private List<long> LetIn(int fetchers)
    {
        _suspects.MoveInto(_buffer, fetchers);
        var let = new List<long>();
        while (_buffer.TryTake(out var item))
            let.Add(item.Sequence);
        return let;
    }

    private static WorkItem Lost(long sequence, int losses)
    {
        var item = Item(sequence, $"host-{sequence}");
        item.Lost = losses;
        return item;
    }
}
