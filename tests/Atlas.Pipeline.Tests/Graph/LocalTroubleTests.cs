using Atlas.Pipeline.Graph;
using Atlas.Pipeline.Tests.Fetch;
using Microsoft.Extensions.Time.Testing;

namespace Atlas.Pipeline.Tests.Graph;

public sealed class LocalTroubleTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Lines_wait_longer_than_fetches_and_both_go_on_by_themselves()
    {
        var trouble = new LocalTrouble(new Seams { Time = _time });
        Fail(trouble, Reason.NoHandles);

        var work = trouble.PassAsync(LocalTrouble.WorkPause, TestContext.Current.CancellationToken).AsTask();
        var intake = trouble.PassAsync(LocalTrouble.IntakePause, TestContext.Current.CancellationToken).AsTask();
        Assert.True(trouble.IsPaused);

        _time.Advance(LocalTrouble.WorkPause);
        Assert.True(await work);
        Assert.False(intake.IsCompleted);

        _time.Advance(LocalTrouble.IntakePause - LocalTrouble.WorkPause);
        Assert.True(await intake);
        Assert.False(trouble.IsPaused);
    }

    [Fact]
    public async Task Another_failure_meanwhile_makes_the_wait_longer()
    {
        var trouble = new LocalTrouble(new Seams { Time = _time });
        Fail(trouble, Reason.NetworkDown);
        var work = trouble.PassAsync(LocalTrouble.WorkPause, TestContext.Current.CancellationToken).AsTask();

        _time.Advance(LocalTrouble.WorkPause / 2);
        Fail(trouble, Reason.NetworkDown);
        _time.Advance(LocalTrouble.WorkPause / 2);
        Assert.False(work.IsCompleted);
        _time.Advance(LocalTrouble.WorkPause / 2);

        Assert.True(await work);
        Assert.Equal(2, trouble.Failures["network_down"]);
    }

    [Fact]
    public async Task A_drain_does_not_wait_for_it()
    {
        using var drain = new CancellationTokenSource();
        var trouble = new LocalTrouble(new Seams { Time = _time });
        Fail(trouble, Reason.OutOfMemory);
        var intake = trouble.PassAsync(LocalTrouble.IntakePause, drain.Token).AsTask();

        await drain.CancelAsync();

        Assert.False(await intake);
    }

    [Fact]
    public async Task What_fails_by_the_hosts_own_doing_holds_nothing_up()
    {
        var trouble = new LocalTrouble(new Seams { Time = _time });
        Fail(trouble, Reason.Timeout);

        Assert.True(await trouble.PassAsync(LocalTrouble.IntakePause, TestContext.Current.CancellationToken));
        Assert.Empty(trouble.Failures);
    }

    private static void Fail(LocalTrouble trouble, Reason reason) => trouble.Note(Verdict.Failed(FetchBed.Item("http://a.test/"), reason, "Too many open files."));
}
