using System.Text;
using System.Text.Json;
using Atlas.Pipeline.DeadLetters;
using Atlas.Pipeline.Ledger;
using Atlas.Urls;
using FsCheck.Xunit;

namespace Atlas.Pipeline.Tests.DeadLetters;

public sealed class LetterJsonTests
{
    [Property(MaxTest = 8)]
    public void What_is_exported_and_imported_elsewhere_is_exported_the_same_again(int seed)
    {
        using var bed = new LetterBed(seed);
        bed.Change(60, 5);
        bed.Describe();
        var first = Export(bed.Directory);
        var elsewhere = Directory.CreateTempSubdirectory("atlas-letters-test-").FullName;
        try
        {
            Import(elsewhere, first);

            Assert.Equal(first.Select(WithoutNumber), Export(elsewhere).Select(WithoutNumber));
        }
        finally
        {
            Directory.Delete(elsewhere, recursive: true);
        }
    }

    [Property(MaxTest = 8)]
    public void What_is_exported_purged_and_imported_again_is_what_it_was(int seed)
    {
        using var bed = new LetterBed(seed);
        bed.Change(80, 5);
        bed.Describe();
        var first = Export(bed.Directory);
        Purge(bed.Directory, first.Select(NumberOf));
        Assert.Empty(Export(bed.Directory));

        Assert.Equal(first.Count, ImportNew(bed.Directory, first));
        Assert.Equal(0, ImportNew(bed.Directory, first));

        Assert.Equal(first.Select(WithoutNumber).Order(StringComparer.Ordinal), Export(bed.Directory).Select(WithoutNumber).Order(StringComparer.Ordinal));
    }

    [Property(MaxTest = 8)]
    public void Of_a_file_only_what_is_missing_is_imported(int seed)
    {
        using var bed = new LetterBed(seed);
        bed.Change(80, 5);
        var first = Export(bed.Directory);
        var purged = first.Where((_, at) => (at + seed) % 3 == 0).ToList();
        Purge(bed.Directory, purged.Select(NumberOf));

        Assert.Equal(purged.Count, ImportNew(bed.Directory, first));

        Assert.Equal(first.Select(WithoutNumber).Order(StringComparer.Ordinal), Export(bed.Directory).Select(WithoutNumber).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_line_of_another_program_needs_no_more_than_a_url_and_a_reason()
    {
        var now = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

        Assert.True(Reader(now).TryRead("""{"url":"http://A.test/x?utm_source=1","reason":"http_404","more":[1]}"""u8, out var letter, out _));

        Assert.Equal((ContentId.Of("http://a.test/x"u8), Reason.Http(404), now, (long?)null, false), (letter!.ContentId, letter.Reason, letter.At, letter.Facts.Occurrences, letter.IsDated));
        Assert.Null(letter.Facts.ToJson());
    }

    [Theory]
    [InlineData("[]", "is no JSON object.")]
    [InlineData("{\"reason\":\"timeout\"}", "url: is missing.")]
    [InlineData("{\"url\":\"x\"}", "reason: is missing.")]
    [InlineData("{\"url\":\"x\",\"reason\":7}", "reason: must be text.")]
    [InlineData("{\"url\":\"\\ud800\",\"reason\":\"timeout\"}", "url: is no text.")]
    [InlineData("{\"url_base64\":\"%\",\"reason\":\"timeout\"}", "url_base64: must be bytes in base64.")]
    [InlineData("{\"url\":\"x\",\"reason\":\"timeout\",\"content_id\":\"12\"}", "content_id: must be 32 hexadecimal digits.")]
    [InlineData("{\"url\":\"x\",\"reason\":\"timeout\",\"quarantined_at\":\"then\"}", "quarantined_at: 'then' is no time as 2026-01-31T10:00:00Z.")]
    [InlineData("{\"url\":\"x\",\"reason\":\"timeout\",\"history\":[{\"n\":2,\"at\":\"2026-01-01\"},{\"n\":1,\"at\":\"2026-01-01\"}]}", "history: every attempt must be an object with its number n, in order.")]
    [InlineData("{\"url\":\"x\",\"reason\":\"timeout\",\"depth\":255}", "depth: must be a whole number from 0 to 254.")]
    [InlineData("{\"url\":\"x\",\"reason\":\"timeout\",\"facts\":{\"atlas\":{\"for\":\"y\"}}}", "facts: an object called atlas is this program's own.")]
    [InlineData("{\"url\":\"x\",\"reason\":\"timeout\",\"facts\":[]}", "facts: must be an object.")]
    public void What_is_wrong_with_a_line_is_said(string line, string expected)
    {
        Assert.False(Reader(default).TryRead(Encoding.UTF8.GetBytes(line), out _, out var mistake));
        Assert.Equal(expected, mistake);
    }

    private static LetterJsonReader Reader(DateTimeOffset now) => new(new CanonicalUrls(new CanonicalizationRules { FoldScheme = true }), now);

    private static List<string> Export(string state)
    {
        using var book = new LetterBook(state, new StepProgress(TimeProvider.System), new Seams());
        using var output = new MemoryStream();
        using (var json = new LetterJson(output, new CanonicalUrls(new CanonicalizationRules { FoldScheme = true }), isExact: true))
        {
            foreach (var letter in book.Read(book.FindAsync(LetterFilter.All).GetAwaiter().GetResult()))
                json.Write(letter);
        }

        return [.. Encoding.UTF8.GetString(output.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries)];
    }

    private static void Import(string state, IEnumerable<string> lines)
    {
        var letters = new List<ImportedLetter>();
        foreach (var line in lines)
        {
            Assert.True(Reader(default).TryRead(Encoding.UTF8.GetBytes(line), out var letter, out var mistake), mistake);
            letters.Add(letter!);
        }

        var ledger = SqliteLedger.Open(state, new Seams());
        ledger.ImportLettersAsync(letters).GetAwaiter().GetResult();
        Assert.True(ledger.AuditAsync().GetAwaiter().GetResult().Balances);
        ledger.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    private static void Purge(string state, IEnumerable<long> letters)
    {
        var ledger = SqliteLedger.Open(state, new Seams());
        ledger.PurgeAsync([.. letters]).GetAwaiter().GetResult();
        ledger.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    /// <summary>As a command does: what is there already is left out.</summary>
    private static int ImportNew(string state, IEnumerable<string> lines)
    {
        var letters = lines.Select(line => Reader(default).TryRead(Encoding.UTF8.GetBytes(line), out var letter, out _) ? letter! : throw new InvalidOperationException(line)).ToList();
        using var reader = new LetterReader(StateDirectory.LedgerFileIn(state));
        var known = new KnownLetters(reader.Read(reader.Find(letters.Select(letter => letter.ContentId).ToHashSet())));
        letters = [.. letters.Where(letter => !known.Takes(letter))];
        var ledger = SqliteLedger.Open(state, new Seams());
        var imported = ledger.ImportLettersAsync(letters).GetAwaiter().GetResult();
        ledger.DisposeAsync().AsTask().GetAwaiter().GetResult();
        return imported;
    }

    private static long NumberOf(string line) => JsonDocument.Parse(line).RootElement.GetProperty("seq").GetInt64();

    private static string WithoutNumber(string line) => line[line.IndexOf(',', StringComparison.Ordinal)..];
}
