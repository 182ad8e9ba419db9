using System.Globalization;
using Atlas.Pipeline.DeadLetters;
using Atlas.Pipeline.Tests.Ledger;
using FsCheck.Xunit;

namespace Atlas.Pipeline.Tests.DeadLetters;

public sealed class LetterIndexTests
{
    [Property(MaxTest = 4)]
    public void Whatever_came_and_went_a_filter_finds_what_a_look_at_every_letter_finds(int seed)
    {
        using var bed = new LetterBed(seed);
        var chance = new Random(seed);
        foreach (var (added, taken) in (ReadOnlySpan<(int, int)>)[(300, 0), (0, 0), (1, 40), (200, 200), (0, 150)])
        {
            bed.Change(added, taken);
            using var index = bed.Open();
            for (var i = 0; i < 20; i++)
            {
                var filter = LetterBed.AnyFilter(chance);
                var expected = bed.Letters.Where(letter => letter.Fits(filter, bed.Time.GetUtcNow())).Select(letter => letter.Place).Order().ToList();

                Assert.Equal(expected, index.Ask(letters => letters.Find(filter)));
                Assert.Equal(expected.Count, index.Ask(letters => letters.Count(filter)));
            }
        }
    }

    [Property(MaxTest = 5)]
    public void Pages_give_each_letter_once_the_newest_first_also_while_more_come(int seed)
    {
        using var bed = new LetterBed(seed);
        bed.Change(400, 50);
        var chance = new Random(seed);
        var filter = LetterBed.AnyFilter(chance);
        var expected = bed.Letters.Where(letter => letter.Fits(filter, bed.Time.GetUtcNow())).Select(letter => letter.Place).OrderDescending().ToList();
        var pages = new List<LetterPlace>();

        LetterPlace? after = null;
        while (true)
        {
            using var index = bed.Open();
            var (page, _) = index.Ask(letters => letters.Newest(filter, 7, after));
            if (page.Count == 0)
                break;
            pages.AddRange(page);
            after = page[^1];
            bed.Change(5, 0);
        }

        Assert.Equal(pages.Count, pages.Distinct().Count());
        Assert.Equal(pages.OrderDescending(), pages);
        Assert.Empty(expected.Except(pages));
    }

    [Fact]
    public void Groups_count_what_fits_and_know_the_newest_of_each()
    {
        using var bed = new LetterBed(7);
        bed.Change(900, 100);
        using var index = bed.Open();
        foreach (var by in Enum.GetValues<LetterGrouping>())
        {
            var groups = index.Ask(letters => letters.Groups(new LetterFilter { MinAttempts = 1 }, by));

            var expected = bed.Letters.Where(letter => letter.Attempts >= 1)
                .GroupBy(letter => by switch
                {
                    LetterGrouping.Reason => letter.Reason.Name,
                    LetterGrouping.Host => letter.Host,
                    LetterGrouping.Domain => letter.Domain,
                    LetterGrouping.Source => letter.Source,
                    _ => DateTimeOffset.FromUnixTimeMilliseconds(letter.At).Date.ToString("O", CultureInfo.InvariantCulture),
                })
                .Select(group => (group.Count(), group.Max(letter => letter.Place))).Order();
            Assert.Equal(expected, groups.Select(group => ((int)group.Count, group.Newest)).Order());
        }
    }

    [Fact]
    public async Task What_a_text_finds_is_what_the_letters_say()
    {
        using var bed = new LetterBed(21);
        bed.Change(400, 30);
        bed.Describe();
        using var book = new LetterBook(bed.Directory, new StepProgress(bed.Time), new Seams { Time = bed.Time });
        var letters = book.Read(await book.FindAsync(LetterFilter.All)).ToList();
        foreach (var text in (string[])["of_a_later", "slow", "WHAT IT", "a.test/4", "ruled_out", "end of a long one", "nothing of the kind"])
        {
            var word = LetterText.WordOf(text);
            var expected = letters.Where(letter => LetterText.IsIn(letter, word)).Select(letter => letter.Sequence).Order();

            Assert.Equal(expected, (await book.FindAsync(new LetterFilter { Text = text })).Select(place => place.Sequence).Order());
        }
    }

    [Fact]
    public void More_letters_than_a_block_holds_are_found_across_blocks_and_taken_away_from_all_of_them()
    {
        using var bed = new LetterBed(3);
        bed.Change(LetterBlock.Rows + 1_000, 0);
        using (bed.Open())
            bed.Change(2 * LetterBlock.Rows, 3_000);

        using var index = bed.Open();

        Assert.Equal(bed.Letters.Select(letter => letter.Place).Order(), index.Ask(letters => letters.Find(LetterFilter.All)));
    }

    [Theory]
    [InlineData("text", 100)]
    [InlineData("columns", LetterBlock.MarksStart + 700)]
    [InlineData("head", 10)]
    [InlineData("head", 50)]
    [InlineData("head", 100)]
    [InlineData("columns", 100)]
    [InlineData("columns", (8 * LetterBlock.Rows) + 100)]
    [InlineData("columns", (39 * LetterBlock.Rows) + 5)]
    [InlineData("columns", (40 * LetterBlock.Rows) + 5)]
    public void Damaged_files_are_made_anew(string name, int at)
    {
        using var bed = new LetterBed(5);
        bed.Change(500, 0);
        using (bed.Open())
            bed.Change(20, 3);
        var bytes = File.ReadAllBytes(bed.IndexFile(name));
        bytes[at] ^= 1;
        File.WriteAllBytes(bed.IndexFile(name), bytes);

        AssertWhole(bed);
    }

    [Theory]
    [InlineData("head")]
    [InlineData("columns")]
    [InlineData("text")]
    public void Files_that_were_cut_short_or_are_gone_are_made_anew(string name)
    {
        using var bed = new LetterBed(6);
        bed.Change(500, 0);
        bed.Open().Dispose();
        foreach (var length in (ReadOnlySpan<int>)[60, 0])
        {
            using (var file = File.OpenWrite(bed.IndexFile(name)))
                file.SetLength(length);
            AssertWhole(bed);
        }

        File.Delete(bed.IndexFile(name));
        AssertWhole(bed);
    }

    [Fact]
    public void The_index_of_another_ledger_is_not_believed()
    {
        using var other = new LetterBed(8);
        other.Change(300, 0);
        other.Open().Dispose();
        using var bed = new LetterBed(9);
        bed.Change(100, 0);
        Directory.CreateDirectory(LetterIndex.DirectoryIn(bed.Directory));
        foreach (var name in (ReadOnlySpan<string>)["head", "columns", "text"])
            File.Copy(other.IndexFile(name), bed.IndexFile(name));

        AssertWhole(bed);
    }

    [Fact]
    public void What_a_process_left_that_died_before_it_had_written_the_head_is_as_if_it_had_never_been()
    {
        using var bed = new LetterBed(10);
        bed.Change(500, 0);
        bed.Open().Dispose();
        var head = File.ReadAllBytes(bed.IndexFile("head"));
        bed.Change(LetterBlock.Rows, 0);
        bed.Open().Dispose();
        File.WriteAllBytes(bed.IndexFile("head"), head);

        AssertWhole(bed);
    }

    [Theory]
    [InlineData("columns")]
    [InlineData("head")]
    [InlineData("text")]
    public void A_file_that_was_swapped_with_an_older_one_is_not_believed(string name)
    {
        using var bed = new LetterBed(13);
        bed.Change(LetterBlock.Rows, 0);
        bed.Open().Dispose();
        var older = File.ReadAllBytes(bed.IndexFile(name));
        bed.TakeFirst(40);
        bed.Open().Dispose();

        File.WriteAllBytes(bed.IndexFile(name), older);

        AssertWhole(bed);
    }

    [Fact]
    public void Where_nothing_can_be_written_the_answer_is_the_same()
    {
        using var bed = new LetterBed(11);
        bed.Change(200, 0);
        File.WriteAllText(LetterIndex.DirectoryIn(bed.Directory), "in the way");

        using var index = bed.Open();

        Assert.True(index.IsTemporary);
        Assert.Equal(bed.Letters.Count, index.Ask(letters => letters.Count(LetterFilter.All)));
    }

    [Fact]
    public async Task A_URL_that_dies_after_the_last_death_was_taken_back_is_found()
    {
        await using var bed = LedgerTestBed.Fresh();
        await bed.Ledger.DeadLetterAsync(await bed.ClaimedAsync("http://a.test/1"), Reason.Timeout, "slow");
        Assert.Equal([1L], await DeadAsync());
        var replay = await bed.Ledger.BeginReplayAsync("all", "me", [1]);
        await bed.Ledger.ReviveAsync(replay.Id, 10);

        await bed.Ledger.DeadLetterAsync(await bed.ClaimedAsync("http://a.test/2"), Reason.Timeout, "slow");

        Assert.Equal([2L], await DeadAsync());

        async Task<IEnumerable<long>> DeadAsync()
        {
            using var index = await LetterIndex.OpenAsync(bed.Directory, new StepProgress(bed.Time), new Seams { Time = bed.Time });
            return index.Ask(letters => letters.Find(LetterFilter.All)).Select(place => place.Sequence);
        }
    }

    [Fact]
    public async Task A_second_command_waits_for_the_first()
    {
        using var bed = new LetterBed(12);
        bed.Change(10, 0);
        var first = bed.Open();
        var second = LetterIndex.OpenAsync(bed.Directory, new StepProgress(TimeProvider.System), new Seams());
        Assert.False(second.IsCompleted);

        first.Dispose();

        using var index = await second;
        Assert.Equal(10, index.Ask(letters => letters.Count(LetterFilter.All)));
    }

    private static void AssertWhole(LetterBed bed)
    {
        using var index = bed.Open();
        Assert.False(index.IsTemporary);
        Assert.Equal(bed.Letters.Select(letter => letter.Place).Order(), index.Ask(letters => letters.Find(LetterFilter.All)));
        Assert.Equal(bed.Letters.Count(letter => letter.Attempts > 2), index.Ask(letters => letters.Count(new LetterFilter { MinAttempts = 3 })));
        foreach (var filter in (LetterFilter[])[new() { Text = "a.test/1" }, new() { Text = "nowhere" }])
            Assert.Equal(bed.Letters.Count(letter => letter.Fits(filter, bed.Time.GetUtcNow())), index.Ask(letters => letters.Count(filter)));
    }
}
