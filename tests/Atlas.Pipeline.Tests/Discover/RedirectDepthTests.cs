using Atlas.Pipeline.Discover;

namespace Atlas.Pipeline.Tests.Discover;

public sealed class RedirectDepthTests
{
    [Theory]
    [InlineData(0, "http://other.test/", 0)]
    [InlineData(1, "https://s.test/b", 1)]
    [InlineData(2, "http://other.test/", DiscoverOptions.MostDepth)]
    [InlineData(2, "http://s.test/out", DiscoverOptions.MostDepth)]
    [InlineData(2, "http://[", DiscoverOptions.MostDepth)]
    public void A_line_takes_its_scope_along_and_a_found_link_is_followed_no_further_outside_of_it(int depth, string target, int expected)
    {
        var item = new WorkItem { Sequence = 1, ContentId = 1, Url = "http://s.test/a", HostKey = "s.test", Priority = PriorityClass.Normal, Depth = (byte)depth };

        Assert.Equal(expected, new RedirectDepth(new DiscoverOptions { Exclude = [new("/out")] }).Of(item, target));
    }
}
