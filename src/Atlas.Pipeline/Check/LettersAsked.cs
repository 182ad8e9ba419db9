using Atlas.Pipeline.Ledger;
using Atlas.Pipeline.Sources;

namespace Atlas.Pipeline.Check;

/// <summary>What would become of a dead letter if it were replayed today.</summary>
internal enum LetterVerdict
{
    /// <summary>Its line would be admitted.</summary>
    Pass,

    /// <summary>The rules let it pass, and its resource is known already: it would leave as a duplicate.</summary>
    Duplicate,

    /// <summary>Its line would be refused again, for the same reason or another one.</summary>
    Refuse,

    /// <summary>It was admitted and died while it was fetched: it would be fetched again, whatever the rules say.</summary>
    Fetch,
}

/// <param name="Sequence">The letter's number.</param>
/// <param name="From">What it is a letter for, by name.</param>
/// <param name="Verdict">What would become of it.</param>
/// <param name="Reason">What it would be refused for; <see cref="Reason.None"/> unless it would be.</param>
/// <param name="Key">By which it would be known.</param>
internal readonly record struct AskedLetter(long Sequence, string From, LetterVerdict Verdict, Reason Reason, UInt128 Key);

/// <summary>Says what today's rules would make of dead letters, without fetching: through the pipeline's own stages, and of those that would pass, whether they are known. One caller at a time.</summary>
/// <param name="rules">Today's.</param>
/// <param name="ledger">What is known.</param>
/// <param name="steps">How far it is.</param>
internal sealed class LettersAsked(KeyRules rules, LedgerLookup ledger, StepProgress steps)
{
    /// <summary>Keys for which those of all rows are read once: some 100 bytes of memory each.</summary>
    private const int KeysPerPass = 2_000_000;

    private readonly LineDecisions _decisions = new(rules);
    private readonly UrlBatchPool _pool = new();

    /// <summary>The verdicts, in the order of the letters.</summary>
    /// <param name="letters">Read once.</param>
    /// <param name="count">How many there are, for the progress.</param>
    public IReadOnlyList<AskedLetter> Ask(IEnumerable<Letter> letters, long count)
    {
        steps.Begin("deciding on dead letters", count);
        var asked = Decide(letters);
        var known = new HashSet<UInt128>();
        foreach (var keys in asked.Where(letter => letter.Verdict == LetterVerdict.Pass).Select(letter => letter.Key).Distinct().Chunk(KeysPerPass))
        {
            steps.Begin("looking which are known already", ledger.Rows);
            var read = 0L;
            known.UnionWith(ledger.FindAdmitted(keys, rows =>
            {
                steps.Advance(rows - read);
                read = rows;
            }));
        }

        steps.End();
        for (var at = 0; at < asked.Count; at++)
        {
            // Of two letters with one key the second would find the first.
            if (asked[at].Verdict == LetterVerdict.Pass && !known.Add(asked[at].Key))
                asked[at] = asked[at] with { Verdict = LetterVerdict.Duplicate };
        }

        return asked;
    }

    /// <summary>What the rules say of each line.</summary>
    private List<AskedLetter> Decide(IEnumerable<Letter> letters)
    {
        var asked = new List<AskedLetter>();
        var inBatch = new List<int>(UrlBatch.MaxRows);
        var batch = _pool.Rent();
        var text = 0;
        foreach (var letter in letters)
        {
            asked.Add(new AskedLetter(letter.Sequence, letter.ReasonName, LetterVerdict.Fetch, Reason.None, letter.ContentId));
            if (letter.WasAdmitted)
                continue;
            if (batch.Count == UrlBatch.MaxRows || text + letter.Line.Length > UrlBatch.TextCapacity)
                End();
            ReplayedRow.Add(batch, ref text, letter.Line, letter.Reason, letter.ContentId);
            inBatch.Add(asked.Count - 1);
        }

        End();
        batch.Release();
        return asked;

        void End()
        {
            var lines = _decisions.Decide(batch);
            for (var i = 0; i < lines.Length; i++)
            {
                var verdict = lines[i].Refusal == Reason.None ? LetterVerdict.Pass : LetterVerdict.Refuse;
                asked[inBatch[i]] = asked[inBatch[i]] with { Verdict = verdict, Reason = lines[i].Refusal, Key = lines[i].ContentId };
            }

            steps.Advance(lines.Length);
            inBatch.Clear();
            (batch, text) = (_pool.Rent(), 0);
        }
    }
}
