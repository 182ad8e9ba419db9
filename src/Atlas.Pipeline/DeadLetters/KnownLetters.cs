using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.DeadLetters;

/// <summary>Says which letters of a file are there already, so that an import may be repeated. One pass over the file.</summary>
/// <remarks>
/// A letter is the same as another if it has its content id, its line, the moment its line was first seen, its source and its place in that: what replays, notes and another death leave as it is.
/// Several may be the same in all of that: then as many of the file's are there as the ledger has. One whose file does not say when it was is there if any letter has its content id.
/// </remarks>
internal sealed class KnownLetters
{
    private readonly Dictionary<UInt128, int> _there = [];
    private readonly HashSet<UInt128> _ids = [];

    /// <param name="letters">Those of the ledger that have a content id of the file.</param>
    public KnownLetters(IEnumerable<Letter> letters)
    {
        foreach (var letter in letters)
        {
            _ids.Add(letter.ContentId);
            var mark = MarkOf(letter.ContentId, letter.Line, letter.FirstSeen, letter.Source, letter.SourceOffset);
            _there[mark] = _there.GetValueOrDefault(mark) + 1;
        }
    }

    /// <summary>Whether a letter of the file is one of those that are there; the next one of the same kind is another one.</summary>
    public bool Takes(ImportedLetter letter)
    {
        if (!letter.IsDated)
            return !_ids.Add(letter.ContentId);
        var seen = letter.Facts.FirstSeen is { } first ? DateTimeOffset.FromUnixTimeMilliseconds(first) : letter.At;
        var mark = MarkOf(letter.ContentId, letter.Line, seen, letter.Source, letter.SourceOffset);
        if (_there.GetValueOrDefault(mark) is not (> 0 and var left))
            return false;
        _there[mark] = left - 1;
        return true;
    }

    private static UInt128 MarkOf(UInt128 id, byte[] line, DateTimeOffset seen, string source, long offset)
    {
        var hash = new XxHash128();
        Span<byte> numbers = stackalloc byte[36];
        BinaryPrimitives.WriteUInt128LittleEndian(numbers, id);
        BinaryPrimitives.WriteInt64LittleEndian(numbers[16..], seen.ToUnixTimeMilliseconds());
        BinaryPrimitives.WriteInt64LittleEndian(numbers[24..], offset);
        BinaryPrimitives.WriteInt32LittleEndian(numbers[32..], line.Length);
        hash.Append(numbers);
        hash.Append(line);
        hash.Append(Encoding.UTF8.GetBytes(source));
        return hash.GetCurrentHashAsUInt128();
    }
}
