namespace Atlas.Pipeline.Tests.Graph;

public class StageMeterTests
{
    [Fact]
    public async Task A_stages_meter_says_what_came_in_and_what_became_of_it()
    {
        var bed = new GraphTestBed().Source("in", 9)
            .Deciding("stage", batch =>
            {
                ref var row = ref batch.Rows[0];
                switch (GraphTestBed.TextOf(batch)[^1] % 3)
                {
                    case 0: row.Reject(Reason.Malformed); break;
                    case 1: row.DropAsDuplicate(); break;
                }

                return Task.CompletedTask;
            }, ["in"])
            .Deciding("next", _ => Task.CompletedTask, ["stage"])
            .Ending("end", batch =>
            {
                batch.Release();
                return Task.CompletedTask;
            }, ["next"]);

        var graph = await bed.RunAsync(TestContext.Current.CancellationToken);

        var meter = graph.Meters.Single(meter => meter.Name == "stage");
        Assert.Equal((9, 3, 3, 3), (meter.Taken, meter.Forwarded, meter.Dropped, meter.Dead));
        Assert.Equal(3, graph.Meters.Single(meter => meter.Name == "next").Taken);
        Assert.Equal(["in", "stage", "next", "end"], graph.Meters.Select(meter => meter.Name));
    }
}
