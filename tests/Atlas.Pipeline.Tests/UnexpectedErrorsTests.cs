using Atlas.Pipeline.Tests.Fetch;

namespace Atlas.Pipeline.Tests;

public sealed class UnexpectedErrorsTests
{
    [Fact]
    public async Task An_error_without_a_reason_of_its_own_is_counted_by_its_type_and_the_url_tried_again()
    {
        var errors = new UnexpectedErrors(new Seams());
        using var stage = new Pipeline.Fetch.FetchStage(FetchBed.Options(80), new Seams(), new FailingHandler(), unexpected: errors);

        for (var i = 0; i < 3; i++)
        {
            var verdict = await stage.ProcessAsync(FetchBed.Item("http://a.test/"), TestContext.Current.CancellationToken);
            Assert.Equal((Fate.Retry, Reason.Unexpected), (verdict.Fate, verdict.Reason));
        }

        Assert.Equal(3, errors.Counts["NotSupportedException"]);
    }

    [Fact]
    public void Memory_that_runs_out_while_fetching_is_the_machines_lack()
    {
        Assert.Equal(Reason.OutOfMemory, Pipeline.Fetch.FailureReasons.Of(new HttpRequestException("x", new InsufficientMemoryException())));
        Assert.Equal(Reason.NoHandles, Pipeline.Fetch.FailureReasons.Of(new HttpRequestException("x", new System.Net.Sockets.SocketException((int)System.Net.Sockets.SocketError.TooManyOpenSockets))));
        Assert.Equal(Reason.NoHandles, Pipeline.Fetch.FailureReasons.Of(new IOException("Too many open files", 24)));
    }

    [Fact]
    public void However_many_types_there_are_the_metric_has_few_tags()
    {
        var errors = new UnexpectedErrors(new Seams());

        foreach (var type in typeof(Exception).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Exception)) && !type.IsAbstract && type.GetConstructor(Type.EmptyTypes) is not null))
            errors.Note((Exception)Activator.CreateInstance(type)!);

        Assert.InRange(errors.Counts.Count, 10, 33);
        Assert.True(errors.Counts["other"] > 0);
    }

    private sealed class FailingHandler : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => throw new NotSupportedException("Nobody expected this.");
    }
}
