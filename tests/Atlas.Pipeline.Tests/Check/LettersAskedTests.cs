using System.Text;
using Atlas.Pipeline.Check;
using Atlas.Pipeline.Classify;
using Atlas.Pipeline.Ledger;
using Atlas.Pipeline.Normalize;
using Atlas.Pipeline.Tests.Ledger;
using Atlas.Urls;

namespace Atlas.Pipeline.Tests.Check;

public sealed class LettersAskedTests
{
    [Fact]
    public async Task Each_letter_is_told_what_would_become_of_it_today()
    {
        await using var bed = LedgerTestBed.Fresh();
        await bed.AdmitAsync(PriorityClass.Normal, "http://known.test/");
        using var ledger = new LedgerLookup(StateDirectory.LedgerFileIn(bed.Directory));
        var rules = KeyRules.Default with { Classify = new ClassifyOptions { Rules = [new ClassifyRule { Host = "bad.test"u8.ToArray(), Strategy = ProcessingStrategy.DeadLetter }] } };

        var asked = new LettersAsked(rules, ledger, new StepProgress(bed.Time)).Ask(
            [
                Letter(1, "http://new.test/", Reason.RuledOut),
                Letter(2, "https://known.test/#x", Reason.RuledOut),
                Letter(3, "http://bad.test/", Reason.SchemeFile),
                Letter(4, "http://new.test:80/", Reason.Malformed),
                Letter(5, "http://dead.test/", Reason.Timeout) with { WasAdmitted = true },
                Letter(6, "http://long.test/", Reason.LineTooLong),
                Letter(7, "no url", Reason.Malformed),
                Letter(8, "", Reason.NotUtf8) with { Line = [0xFF] },
                Letter(9, "http://imported.test/", Reason.Http(404)),
            ],
            9);

        Assert.Equal(
            ["1 Pass", "2 Duplicate", "3 Refuse ruled_out", "4 Duplicate", "5 Fetch", "6 Refuse line_too_long", "7 Refuse malformed", "8 Refuse not_utf8", "9 Pass"],
            asked.Select(letter => $"{letter.Sequence} {letter.Verdict} {(letter.Reason == Reason.None ? "" : letter.Reason.Name)}".TrimEnd()));
        Assert.Equal(ContentId.Of("http://imported.test/"u8), asked[^1].Key);
    }

    [Fact]
    public async Task More_letters_than_a_batch_holds_keep_their_order()
    {
        await using var bed = LedgerTestBed.Fresh();
        using var ledger = new LedgerLookup(StateDirectory.LedgerFileIn(bed.Directory));

        var asked = new LettersAsked(KeyRules.Default with { Normalize = new NormalizeOptions() }, ledger, new StepProgress(bed.Time)).Ask(
            Enumerable.Range(0, 1_000).Select(i => Letter(i, i % 3 == 0 ? $"file:///{i}" : i % 3 == 1 ? $"http://a.test/{i}/{new string('x', 2_000)}" : "x", Reason.RuledOut) with { WasAdmitted = i % 7 == 0 }), 1_000);

        Assert.Equal(
            Enumerable.Range(0, 1_000).Select(i => (i, i % 7 == 0 ? LetterVerdict.Fetch : i % 3 == 1 ? LetterVerdict.Pass : LetterVerdict.Refuse)),
            asked.Select(letter => ((int)letter.Sequence, letter.Verdict)));
    }

    private static Letter Letter(long sequence, string line, Reason reason) => new()
    {
        Sequence = sequence,
        Line = Encoding.UTF8.GetBytes(line),
        ContentId = ContentId.Of(Encoding.UTF8.GetBytes(line)),
        Reason = reason,
        ReasonName = reason.Name,
        Error = reason.Name,
        At = default,
        FirstSeen = default,
        LastSeen = default,
    };
}
