using System.Text;

namespace Atlas.Pipeline.DeadLetters;

/// <summary>Asks the index: every question is one pass over the columns that it needs, block by block.</summary>
/// <param name="files">Committed.</param>
/// <param name="now">What ages are counted from.</param>
/// <param name="sources">The rows of sources by their names.</param>
internal sealed class LetterColumns(LetterFiles files, DateTimeOffset now, IReadOnlyDictionary<string, int> sources)
{
    /// <summary>Up to so many reasons are compared one by one; more are looked up in a table.</summary>
    private const int FewReasons = 4;

    private readonly RowSelection _rows = new();

    /// <summary>How many letters fit a filter, whatever it says of text, which stands in the ledger.</summary>
    public long Count(LetterFilter filter)
    {
        long count = 0;
        foreach (var _ in Blocks(filter))
            count += _rows.Count;
        return count;
    }

    /// <summary>The newest letters that fit, the newest first, and how many fit in all.</summary>
    /// <param name="filter">Without regard to its text.</param>
    /// <param name="most">How many at most, from 1.</param>
    /// <param name="before">Only what stands before this place is listed; null begins with the newest.</param>
    public (IReadOnlyList<LetterPlace> Letters, long Count) Newest(LetterFilter filter, int most, LetterPlace? before = null)
    {
        var newest = new NewestLetters(most);
        var limit = before ?? new LetterPlace(long.MaxValue, long.MaxValue);
        long count = 0;
        foreach (var block in Blocks(filter))
        {
            // What can't be among the newest any more is left out many rows at a time.
            count += _rows.Count;
            ReadOnlySpan<long> times = files.Read<long>(block, LetterColumn.At);
            _rows.KeepRange(times, newest.Least.At, limit.At);
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

        return (newest.Take(), count);
    }

    /// <summary>All letters that fit, the oldest first: 16 bytes of memory each.</summary>
    /// <param name="filter">Without regard to its text.</param>
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
    /// <param name="filter">Without regard to its text.</param>
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
            if (!_rows.IsEmpty)
                yield return block;
        }
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
}
