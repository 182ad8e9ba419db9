using Atlas.Pipeline.Host.Reporting;

namespace Atlas.Pipeline.AcceptanceTests.Reporting;

public sealed class StepWatchTests
{
    [Fact]
    public void A_line_says_what_is_done_how_much_of_how_much_how_fast_and_how_long_it_will_take() =>
        Assert.Equal("10.0 s: rebuilding, 1,000,000 of 4,000,000 (25.0 %), 100.0 k/s; about 30 s left", StepWatch.Line(new StepSnapshot("rebuilding", 1_000_000, 4_000_000, TimeSpan.FromSeconds(10))));

    [Fact]
    public void What_has_no_known_end_is_shown_without_one() =>
        Assert.Equal("2.0 s: verifying", StepWatch.Line(new StepSnapshot("verifying", 0, 0, TimeSpan.FromSeconds(2))));
}
