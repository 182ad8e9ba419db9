using Atlas.Pipeline.DeadLetters;
using Atlas.Pipeline.Host.Normalizing;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.Host.Commands;

/// <summary>What of a file is to be imported, each time it is read.</summary>
/// <param name="file">JSON lines.</param>
/// <param name="json">Reads one.</param>
/// <param name="steps">How far it is.</param>
internal sealed class LettersToImport(string file, LetterJsonReader json, StepProgress steps)
{
    /// <summary>Of all its letters: 40 bytes of memory each.</summary>
    private HashSet<UInt128>? _contentIds;

    /// <summary>Of the last reading, letters that are there already.</summary>
    public long Known { get; private set; }

    /// <summary>Of the last reading, lines that are no letters.</summary>
    public long Mistakes { get; private set; }

    /// <summary>What of the file a ledger does not have, as it is when the first one is asked for.</summary>
    /// <param name="ledger">Null where there is none yet.</param>
    /// <param name="wrong">Gets the number of a mistake and what it is.</param>
    public IEnumerable<ImportedLetter> NewTo(LetterReader? ledger, Action<long, string> wrong)
    {
        var known = new KnownLetters(ledger?.Read(ledger.Find(_contentIds ??= [.. Read((_, _) => { }).Select(letter => letter.ContentId)])) ?? []);
        Known = 0;
        foreach (var letter in Read(wrong))
        {
            if (known.Takes(letter))
                Known++;
            else
                yield return letter;
        }
    }

    private IEnumerable<ImportedLetter> Read(Action<long, string> wrong)
    {
        Mistakes = 0;
        using var stream = File.OpenRead(file);
        if (!stream.CanSeek)
            throw new IOException($"{file} is no file that can be read more than once; write it to one first.");
        steps.Begin("reading dead letters", 0);
        var lines = new LineReader(stream);
        for (var number = 1L; TryRead(lines, number, wrong, out var letter); number++)
        {
            steps.Advance(1);
            if (letter is not null)
                yield return letter;
        }

        steps.End();
    }

    /// <summary>False at the end; without a letter where a line is empty or none.</summary>
    private bool TryRead(LineReader lines, long number, Action<long, string> wrong, out ImportedLetter? letter)
    {
        letter = null;
        if (!lines.TryRead(out var line))
            return false;
        if (!line.IsEmpty && !json.TryRead(line, out letter, out var mistake))
            wrong(++Mistakes, $"{file}({number}): {mistake}");
        return true;
    }
}
