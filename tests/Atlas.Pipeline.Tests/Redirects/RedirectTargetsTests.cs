using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Tests.Redirects;

public sealed class RedirectTargetsTests
{
    [Fact]
    public async Task A_target_that_nobody_has_named_is_admitted_and_the_item_is_its_alias()
    {
        await using var bed = new RedirectBed();
        var item = await bed.LeasedAsync("http://a.test/1");

        Assert.Null(await bed.RedirectAsync(item, "http://b.test/x?utm_source=y"));

        Assert.Equal(["alias of http://b.test/x?utm_source=y", "queued"], bed.StatesOf("http://a.test/1", "http://b.test/x"));
        var target = await bed.NextAsync();
        Assert.Equal(("http://b.test/x?utm_source=y", "b.test", "lines"), (target.Url, target.HostKey, target.Source));
        var books = bed.Ledger.Books;
        Assert.Equal((2, 2, 1, 1, 1), (books.Received, books.Admitted, books.RedirectTargets, books.Done, books.Aliases));
        Assert.Equal(0, bed.TakeDecided().Count);
        await bed.Bed.AssertBalancedAsync();
    }

    [Fact]
    public async Task A_target_that_is_queued_in_work_done_or_dead_gets_no_second_row_under_whatever_spelling()
    {
        await using var bed = new RedirectBed();
        await bed.Ledger.CompleteAsync(bed.Bed.Document(await bed.LeasedAsync("http://a.test/done")));
        await bed.Ledger.DeadLetterAsync(await bed.LeasedAsync("http://a.test/dead"), Reason.TooLarge, "");
        await bed.LeasedAsync("http://a.test/leased");
        WorkItem[] items = [await bed.LeasedAsync("http://a.test/1"), await bed.LeasedAsync("http://a.test/2"), await bed.LeasedAsync("http://a.test/3"), await bed.LeasedAsync("http://a.test/4")];
        await bed.Ledger.AdmitAsync(await bed.DecidedAsync("http://a.test/queued"));
        await bed.Ledger.FlushAsync();

        await bed.RedirectAsync(items[0], "https://A.test:443/done#top");
        await bed.RedirectAsync(items[1], "http://a.test/./dead");
        await bed.RedirectAsync(items[2], "http://a.test/leased?utm_source=x");
        await bed.RedirectAsync(items[3], "http://a.test/queued");

        Assert.Equal((8, 0, 5, 4), (bed.Ledger.Books.Admitted, bed.Ledger.Books.RedirectTargets, bed.Ledger.Books.Done, bed.Ledger.Books.Aliases));
        Assert.Equal("alias of https://a.test/done#top", bed.StatesOf("http://a.test/1")[0]);
        await bed.Bed.AssertBalancedAsync();
    }

    [Fact]
    public async Task Two_items_that_lead_to_one_new_target_at_once_admit_it_once()
    {
        await using var bed = new RedirectBed();
        var items = new List<WorkItem>();
        for (var i = 0; i < 20; i++)
            items.Add(await bed.LeasedAsync($"http://a.test/{i}"));

        await Task.WhenAll(items.Select(item => Task.Run(() => bed.RedirectAsync(item, "http://b.test/"))));

        Assert.Equal((21, 1, 20), (bed.Ledger.Books.Admitted, bed.Ledger.Books.RedirectTargets, bed.Ledger.Books.Aliases));
        Assert.Equal("http://b.test/", (await bed.NextAsync()).Url);
        await bed.Bed.AssertBalancedAsync();
    }

    /// <summary>An alias that is durable before the row it leads to would be an alias of nothing after a crash.</summary>
    [Fact]
    public async Task The_row_of_a_known_target_is_waited_for()
    {
        await using var bed = new RedirectBed();
        var item = await bed.LeasedAsync("http://a.test/1");
        var underWay = await bed.DecidedAsync("http://b.test/");

        var redirecting = bed.RedirectAsync(item, "http://b.test/");
        await Task.Delay(50, TestContext.Current.CancellationToken);
        var early = redirecting.IsCompleted;
        await bed.Ledger.AdmitAsync(underWay);
        await redirecting;

        Assert.False(early);
        Assert.Equal((2, 1), (bed.Ledger.Books.Admitted, bed.Ledger.Books.Aliases));
    }

    [Theory]
    [InlineData("http://a.test/x.zip", "which a pipeline refuses: ruled_out.")]
    [InlineData("http://1.2.3.4.5/", "which a pipeline refuses: bad_host.")]
    public async Task A_target_that_the_rules_refuse_is_the_end_of_the_item(string target, string why)
    {
        await using var bed = new RedirectBed();

        await bed.RedirectAsync(await bed.LeasedAsync("http://a.test/1"), target);

        Assert.Equal("dead redirect_refused", bed.StatesOf("http://a.test/1")[0]);
        Assert.Contains(why, bed.Bed.Text("SELECT original_error FROM dead"), StringComparison.Ordinal);
        Assert.Equal((1, 0), (bed.Ledger.Books.Admitted, bed.Ledger.Books.Aliases));
        await bed.Bed.AssertBalancedAsync();
    }

    [Fact]
    public async Task A_target_that_is_longer_than_a_line_may_be_is_refused()
    {
        await using var bed = new RedirectBed();

        await bed.RedirectAsync(await bed.LeasedAsync("http://a.test/1"), "http://a.test/" + new string('x', 65_536));

        Assert.Equal("It redirects to a URL of more than 65536 bytes.", bed.Bed.Text("SELECT original_error FROM dead"));
    }

    [Fact]
    public async Task Another_spelling_of_the_same_resource_is_asked_for_next_and_no_attempt_is_used()
    {
        await using var bed = new RedirectBed();
        var item = await bed.LeasedAsync("http://a.test/1");
        (item.Requests, item.Deferrals) = (2, 3);

        var again = (await bed.RedirectAsync(item, "https://a.test/1"))!;

        Assert.Equal(("http://a.test/1", "https://a.test/1", "a.test", 0, 1), (again.Url, again.Asks, again.HostKey, again.Attempt, again.Redirects));
        Assert.Equal((2, 3), (again.Requests, again.Deferrals));
        var found = Assert.Single(bed.Ledger.FindTaken([new TakenRow(item.Sequence, PriorityClass.Normal)]));
        Assert.Equal((again.Asks, again.Attempt, again.Redirects), (found.Asks, found.Attempt, found.Redirects));
        Assert.Equal("queued", bed.StatesOf("http://a.test/1")[0]);
        await bed.Bed.AssertBalancedAsync();
    }

    [Theory]
    [InlineData(true, "queued", "new")]
    [InlineData(false, "alias of https://www.a.test/1", "queued")]
    public async Task A_host_with_www_in_front_is_another_one_unless_the_pipeline_folds_it(bool foldsWww, string state, string target)
    {
        await using var bed = new RedirectBed(foldsWww);

        var again = await bed.RedirectAsync(await bed.LeasedAsync("http://a.test/1"), "https://www.a.test/1");

        Assert.Equal([state, target], bed.StatesOf("http://a.test/1", "http://www.a.test/1"));
        Assert.Equal(foldsWww ? "www.a.test" : null, again?.HostKey);
        await bed.Bed.AssertBalancedAsync();
    }

    [Fact]
    public async Task Where_a_redirect_has_led_outlives_the_process()
    {
        await using var bed = new RedirectBed();
        await bed.RedirectAsync(await bed.LeasedAsync("http://a.test/1"), "https://a.test/1");

        await bed.Bed.ReopenAsync();

        var item = Assert.Single(await bed.Ledger.TakeUnfinishedAsync(10));
        Assert.Equal(("http://a.test/1", "https://a.test/1", 1), (item.Url, item.Asks, item.Redirects));
    }

    [Fact]
    public async Task A_chain_of_targets_that_nobody_has_named_ends_at_the_limit()
    {
        await using var bed = new RedirectBed();

        await bed.RedirectAsync(await bed.LeasedAsync("http://a.test/1"), "http://a.test/2");
        await bed.RedirectAsync(await bed.NextAsync(), "http://b.test/3");
        await bed.RedirectAsync(await bed.NextAsync(), "http://b.test/4");

        Assert.Equal(["alias of http://a.test/2", "alias of http://b.test/3", "dead too_many_redirects", "new"], bed.StatesOf("http://a.test/1", "http://a.test/2", "http://b.test/3", "http://b.test/4"));
        await bed.Bed.AssertBalancedAsync();
    }

    [Theory]
    [InlineData("http://b.test/new", "moved", "queued")]
    [InlineData("http://a.test/x.zip", "redirect_refused", "new")]
    [InlineData("http://a.test/alias", "too_many_redirects", "alias of http://a.test/1")]
    public async Task A_document_that_is_asked_for_again_stays_what_it_is_wherever_its_host_sends_us(string target, string reason, string state)
    {
        await using var bed = new RedirectBed();
        await bed.Ledger.CompleteAsync(bed.Bed.Document(await bed.LeasedAsync("http://a.test/1")));
        await bed.RedirectAsync(await bed.LeasedAsync("http://a.test/alias"), "http://a.test/1");
        var item = await AgainAsync(bed);

        Assert.Null(await bed.RedirectAsync(item, target));

        Assert.Equal(["done", state], bed.StatesOf("http://a.test/1", target));
        Assert.Equal(reason, bed.Bed.Text("SELECT check_failure FROM content_metadata"));
        await bed.Bed.AssertBalancedAsync();
    }

    [Fact]
    public async Task What_had_led_to_a_document_does_not_count_when_that_is_asked_for_again()
    {
        await using var bed = new RedirectBed();
        await bed.RedirectAsync(await bed.LeasedAsync("http://a.test/1"), "http://a.test/2");
        await bed.RedirectAsync(await bed.NextAsync(), "http://a.test/3");
        await bed.Ledger.CompleteAsync(bed.Bed.Document(await bed.NextAsync()));

        var again = await bed.RedirectAsync(await AgainAsync(bed), "http://a.test/3?utm_source=x");
        await bed.Ledger.ClaimAsync([again!]);
        await bed.RedirectAsync(again!, "http://a.test/4");

        Assert.Equal(["done", "queued"], bed.StatesOf("http://a.test/3", "http://a.test/4"));
        await bed.Bed.AssertBalancedAsync();
    }

    private static async Task<WorkItem> AgainAsync(RedirectBed bed)
    {
        bed.Bed.Time.Advance(TimeSpan.FromDays(1));
        var item = Assert.Single(await bed.Ledger.TakeAgainAsync(9, bed.Bed.Time.GetUtcNow()));
        await bed.Ledger.ClaimAsync([item]);
        return item;
    }

    [Fact]
    public async Task Spellings_that_lead_to_one_another_end_at_the_limit()
    {
        await using var bed = new RedirectBed();
        var item = await bed.LeasedAsync("http://a.test/1");

        for (var hop = 1; hop <= 2; hop++)
        {
            item = (await bed.RedirectAsync(item, hop % 2 == 1 ? "https://a.test/1" : "http://a.test/1"))!;
            await bed.Ledger.ClaimAsync([item]);
        }

        Assert.Null(await bed.RedirectAsync(item, "https://a.test/1"));
        Assert.Equal("dead too_many_redirects", bed.StatesOf("http://a.test/1")[0]);
        await bed.Bed.AssertBalancedAsync();
    }

    [Fact]
    public async Task A_circle_has_an_end_that_is_dead_and_no_alias_of_itself()
    {
        await using var bed = new RedirectBed();
        WorkItem[] items = [await bed.LeasedAsync("http://a.test/1"), await bed.LeasedAsync("http://a.test/2"), await bed.LeasedAsync("http://a.test/3")];

        await Task.WhenAll(items.Select((item, at) => Task.Run(() => bed.RedirectAsync(item, $"http://a.test/{(at + 1) % 3 + 1}"))));

        Assert.Equal((3, 2), (bed.Ledger.Books.Admitted, bed.Ledger.Books.Aliases));
        Assert.Equal(1, bed.Ledger.Books.Dead["too_many_redirects"]);
        await bed.Bed.AssertBalancedAsync();
    }

    [Fact]
    public async Task A_target_that_was_named_already_does_not_count_against_the_limit()
    {
        await using var bed = new RedirectBed();
        var known = await bed.LeasedAsync("http://b.test/");
        await bed.RedirectAsync(await bed.LeasedAsync("http://a.test/1"), "http://a.test/2");
        await bed.RedirectAsync(await bed.NextAsync(), "http://a.test/3");

        await bed.RedirectAsync(await bed.NextAsync(), known.Url);

        Assert.Equal((3, 0), (bed.Ledger.Books.Aliases, bed.Ledger.Books.Dead.Count));
    }
}
