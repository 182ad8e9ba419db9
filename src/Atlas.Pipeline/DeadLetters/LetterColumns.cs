using System.Text;

namespace Atlas.Pipeline.DeadLetters;

/// <summary>Asks the index: every question is one pass over the columns that it needs, block by block.</summary>
/// <param name="files">Committed.</param>
/// <param name="now">What ages are counted from.</param>
/// <param name="sources">The rows of sources by their names.</param>
/// <param name="hasWord">Whether a letter has a word, of which the index does not have all.</param>
internal sealed class LetterColumns(LetterFiles files, DateTimeOffset now, IReadOnlyDictionary<string, int> sources, Func<long, byte[], bool> hasWord)
{
    /// <summary>Up to so many reasons are compared one by one; more are looked up in a table.</summary>
    private const int FewReasons = 4;

    private readonly RowSelection _rows = new();
    private readonly RowSelection _withWord = new();

    /// <summary>How many letters fit a filter.</summary>
    public long Count(LetterFilter filter)
    {
        long count = 0;
        foreach (var _ in Blocks(filter))
            count += _rows.Count;
        return count;
    }

    /// <summary>The newest letters that fit, the newest first, and how many fit in all; with a text that is not counted, as what can't be among the newest is not searched for it.</summary>
    /// <param name="filter">What is wanted.</param>
    /// <param name="most">How many at most, from 1.</param>
    /// <param name="before">Only what stands before this place is listed; null begins with the newest.</param>
    public (IReadOnlyList<LetterPlace> Letters, long? Count) Newest(LetterFilter filter, int most, LetterPlace? before = null)
    {
        var newest = new NewestLetters(most);
        var limit = before ?? new LetterPlace(long.MaxValue, long.MaxValue);
        long count = 0;
        var word = WordOf(filter);
        foreach (var block in Blocks(filter with { Text = null }))
        {
            // What can't be among the newest any more is left out many rows at a time.
            count += _rows.Count;
            ReadOnlySpan<long> times = files.Read<long>(block, LetterColumn.At);
            _rows.KeepRange(times, newest.Least.At, limit.At);
            if (word is not null && !_rows.IsEmpty)
                KeepWord(block, word);
            if (_rows.IsEmpty)
                continue;
            ReadOnlySpan<long> sequences = files.Read<long>(block, LetterColumn.Sequence);
            foreach (var row in _rows)
            {
                var place = new LetterPlace(times[row], sequences[row]);
                if (place.CompareTo(limit) < 0)
                    newest.Offer(place);
            }
        }

        return (newest.Take(), word is null ? count : null);
    }

    /// <summary>All letters that fit, the oldest first: 16 bytes of memory each.</summary>
    /// <param name="filter">What is wanted.</param>
    public IReadOnlyList<LetterPlace> Find(LetterFilter filter)
    {
        var found = new List<LetterPlace>();
        foreach (var block in Blocks(filter))
        {
            ReadOnlySpan<long> times = files.Read<long>(block, LetterColumn.At);
            ReadOnlySpan<long> sequences = files.Read<long>(block, LetterColumn.Sequence);
            foreach (var row in _rows)
                found.Add(new LetterPlace(times[row], sequences[row]));
        }

        found.Sort();
        return found;
    }

    /// <summary>Letters that fit, counted by what they have in common; in no order.</summary>
    /// <param name="filter">What is wanted.</param>
    public IReadOnlyCollection<LetterGroup> Groups(LetterFilter filter, LetterGrouping by)
    {
        var groups = new LetterGroups();
        foreach (var block in Blocks(filter))
        {
            ReadOnlySpan<long> times = files.Read<long>(block, LetterColumn.At);
            ReadOnlySpan<long> sequences = files.Read<long>(block, LetterColumn.Sequence);
            switch (by)
            {
                case LetterGrouping.Host or LetterGrouping.Domain:
                    ReadOnlySpan<ulong> hashes = files.Read<ulong>(block, by == LetterGrouping.Host ? LetterColumn.Host : LetterColumn.Domain);
                    foreach (var row in _rows)
                        groups.Add(hashes[row], times[row], sequences[row]);
                    break;
                case LetterGrouping.Source:
                    ReadOnlySpan<int> ids = files.Read<int>(block, LetterColumn.Source);
                    foreach (var row in _rows)
                        groups.Add((uint)ids[row], times[row], sequences[row]);
                    break;
                case LetterGrouping.Day:
                    foreach (var row in _rows)
                        groups.Add((ulong)Math.Max(0, times[row] / 86_400_000), times[row], sequences[row]);
                    break;
                default:
                    ReadOnlySpan<ushort> reasons = files.Read<ushort>(block, LetterColumn.Reason);
                    foreach (var row in _rows)
                        groups.Add(reasons[row], times[row], sequences[row]);
                    break;
            }
        }

        return groups.All();
    }

    /// <summary>The blocks in which something fits, the newest first; what fits in one is selected until the next is asked for.</summary>
    private IEnumerable<int> Blocks(LetterFilter filter)
    {
        var hosts = Hashes(filter.Hosts);
        var domains = Hashes(filter.Domains);
        int[] sourceIds = [.. filter.Sources.Select(name => sources.GetValueOrDefault(name, -1))];
        var reasons = filter.AsksForReasons ? MarksOf(filter) : null;
        var few = filter is { Reasons.Count: > 0 and <= FewReasons, Classes.Count: 0, Stages.Count: 0 } ? filter.Reasons.Select(reason => reason.Code).ToArray() : null;
        var (from, to) = filter.TimesAt(now);
        var word = WordOf(filter);
        for (var block = files.Blocks - 1; block >= 0; block--)
        {
            _rows.TakeAll(files.RowsIn(block));
            _rows.KeepBits(files.Read<byte>(block, LetterColumn.Kind), (byte)filter.Kinds);
            if (filter.MinAttempts > 0 && !_rows.IsEmpty)
                _rows.KeepRange<byte>(files.Read<byte>(block, LetterColumn.Attempts), (byte)filter.MinAttempts, byte.MaxValue);
            if (few is not null && !_rows.IsEmpty)
                _rows.KeepAnyOf<ushort>(files.Read<ushort>(block, LetterColumn.Reason), few);
            else if (reasons is not null && !_rows.IsEmpty)
                _rows.KeepMarked(files.Read<ushort>(block, LetterColumn.Reason), reasons);
            if (sourceIds.Length > 0 && !_rows.IsEmpty)
                _rows.KeepAnyOf<int>(files.Read<int>(block, LetterColumn.Source), sourceIds);
            if (hosts.Length > 0 && !_rows.IsEmpty)
                _rows.KeepAnyOf<ulong>(files.Read<ulong>(block, LetterColumn.Host), hosts);
            if (domains.Length > 0 && !_rows.IsEmpty)
                _rows.KeepAnyOf<ulong>(files.Read<ulong>(block, LetterColumn.Domain), domains);
            if ((from != long.MinValue || to != long.MaxValue) && !_rows.IsEmpty)
                _rows.KeepRange(files.Read<long>(block, LetterColumn.At), from, to);
            if (word is not null && !_rows.IsEmpty)
                KeepWord(block, word);
            if (!_rows.IsEmpty)
                yield return block;
        }
    }

    /// <summary>Keeps the letters that have a word in their line, their error or the name of their reason.</summary>
    private void KeepWord(int block, Word word)
    {
        _withWord.TakeNone(files.RowsIn(block));
        var mayHave = TextMarks.MayHave(files.ReadMarks(block), word.Bytes);
        if (word.Reasons is { } marks)
        {
            ReadOnlySpan<ushort> reasons = files.Read<ushort>(block, LetterColumn.Reason);
            foreach (var row in _rows)
            {
                if (marks[reasons[row]] != 0)
                    _withWord.Add(row);
            }
        }

        if (mayHave || files.HasCut(block))
            KeepWordOfText(block, word.Bytes, mayHave);
        _rows.KeepThoseOf(_withWord);
    }

    private void KeepWordOfText(int block, byte[] word, bool mayHave)
    {
        ReadOnlySpan<uint> ends = files.Read<uint>(block, LetterColumn.TextEnd);
        if (mayHave)
            Search(files.ReadText(block), ends, word);
        ReadOnlySpan<long> sequences = default;
        foreach (var row in _rows)
        {
            if ((ends[row] & LetterFiles.IsCut) == 0 || _withWord.Has(row))
                continue;
            if (sequences.IsEmpty)
                sequences = files.Read<long>(block, LetterColumn.Sequence);
            if (hasWord(sequences[row], word))
                _withWord.Add(row);
        }
    }

    /// <summary>Finds a word in the text of a block; no letter's text goes over into the next one's.</summary>
    private void Search(ReadOnlySpan<byte> text, ReadOnlySpan<uint> ends, ReadOnlySpan<byte> word)
    {
        var row = 0;
        for (var at = 0; at < text.Length;)
        {
            var found = text[at..].IndexOf(word);
            if (found < 0)
                return;
            at += found;
            while ((ends[row] & ~LetterFiles.IsCut) <= at)
                row++;
            _withWord.Add(row);
            at = (int)(ends[row] & ~LetterFiles.IsCut);
        }
    }

    private static Word? WordOf(LetterFilter filter) => filter.Text is { } text && LetterText.WordOf(text) is var word ? new Word(word, ReasonsWith(word)) : null;

    /// <summary>The codes of reasons with a word in their names; null if there is none.</summary>
    private static byte[]? ReasonsWith(ReadOnlySpan<byte> word)
    {
        byte[]? marks = null;
        foreach (var reason in Reason.All)
        {
            if (Encoding.ASCII.GetBytes(reason.Name).AsSpan().IndexOf(word) >= 0)
                (marks ??= new byte[ushort.MaxValue + 1])[reason.Code] = 1;
        }

        return marks;
    }

    private static ulong[] Hashes(IReadOnlyList<string> names) => [.. names.Select(name => LetterHost.HashOf(Encoding.ASCII.GetBytes(name)))];

    private static byte[] MarksOf(LetterFilter filter)
    {
        var marks = new byte[ushort.MaxValue + 1];
        foreach (var reason in Reason.All)
        {
            if (filter.Wants(reason))
                marks[reason.Code] = 1;
        }

        return marks;
    }

    /// <summary>What is searched for.</summary>
    /// <param name="Bytes">As it stands in texts.</param>
    /// <param name="Reasons">Marks those with it in their names; null if there is none.</param>
    private sealed record Word(byte[] Bytes, byte[]? Reasons);
}
