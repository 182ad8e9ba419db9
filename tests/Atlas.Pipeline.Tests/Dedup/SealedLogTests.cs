using Atlas.Pipeline.Dedup;

namespace Atlas.Pipeline.Tests.Dedup;

public sealed class SealedLogTests
{
    private const long Stretch = RunningHashes.StretchBytes;

    private readonly List<long> _looked = [];
    private readonly SealedLog _log;
    private long _damaged = -1;

    public SealedLogTests() => _log = new SealedLog(
        [new("log.0", 0, Stretch, ""), new("log.0", Stretch, Stretch, ""), new("log.0", 2 * Stretch, 100, "")],
        stretch =>
        {
            _looked.Add(stretch.Start);
            return stretch.Start != _damaged;
        });

    [Fact]
    public void A_stretch_is_looked_at_once_and_only_when_somebody_wants_it()
    {
        _log.Ensure(Stretch + 5, 32);
        _log.Ensure(Stretch, Stretch);
        Assert.Equal([Stretch], _looked);
        Assert.False(_log.IsVerified);
    }

    [Fact]
    public void What_reaches_over_two_needs_both_and_what_lies_behind_the_end_needs_nothing()
    {
        _log.Ensure(Stretch - 1, 2);
        _log.Ensure(3 * Stretch, 32);
        Assert.Equal([0, Stretch], _looked);
    }

    [Fact]
    public void What_was_verified_from_an_address_on_is_not_looked_at_again_and_the_rest_is()
    {
        _log.Believe(Stretch + 77);
        _log.VerifyRest(TestContext.Current.CancellationToken);
        Assert.Equal([0], _looked);
        Assert.True(_log.IsVerified);
    }

    [Fact]
    public void A_damaged_stretch_is_never_believed()
    {
        _damaged = 0;
        Assert.Throws<InvalidDataException>(() => _log.Ensure(0, 32));
        Assert.Throws<InvalidDataException>(() => _log.Ensure(64, 32));
        Assert.Throws<InvalidDataException>(() => _log.VerifyRest(TestContext.Current.CancellationToken));
        _log.Ensure(Stretch, 32);
        Assert.False(_log.IsVerified);
    }
}
