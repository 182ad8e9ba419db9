namespace Atlas.Urls;

/// <summary>The rules of the Public Suffix List in an open hash table over their text: a look allocates nothing.</summary>
/// <remarks>Names are hashed from their end, so that one pass over a host hashes all its suffixes. Built once, at first use; read by any thread.</remarks>
internal sealed class SuffixTable
{
    private const uint HashSeed = 2_166_136_261;
    private const uint HashFactor = 16_777_619;

    private static readonly Lazy<SuffixTable> Loaded = new(Load);

    private readonly byte[] _text;
    private readonly Entry[] _entries;
    private readonly int _deepest;

    /// <param name="text">Rules as in <c>public-suffixes.txt</c>: one a line, ASCII; a line that starts with <c>#</c> says something else.</param>
    public SuffixTable(byte[] text)
    {
        _text = text;
        _entries = new Entry[System.Numerics.BitOperations.RoundUpToPowerOf2((uint)text.AsSpan().Count((byte)'\n') * 2 + 2)];
        var start = 0;
        while (start < text.Length)
        {
            var length = text.AsSpan(start).IndexOf((byte)'\n');
            var end = length < 0 ? text.Length : start + length;
            if (end > start && text[start] != '#')
                _deepest = Math.Max(_deepest, Add(start, end));
            start = end + 1;
        }
    }

    [Flags]
    private enum Rules : byte
    {
        /// <summary>The name is a public suffix.</summary>
        Plain = 1,

        /// <summary>Whatever stands directly under the name is one.</summary>
        Wildcard = 2,

        /// <summary>The name is none, though a wildcard says so.</summary>
        Exception = 4,
    }

    public static SuffixTable Shared => Loaded.Value;

    /// <summary>Where the public suffix of a host begins, in bytes; 0 if the whole host is one.</summary>
    public int SuffixStart(ReadOnlySpan<byte> host)
    {
        var hash = HashSeed;
        var end = host.Length;
        var suffix = -1;
        var isUnderWildcard = false;
        for (var depth = 1; depth <= _deepest; depth++)
        {
            var start = end;
            while (start > 0 && host[start - 1] != '.')
                hash = (hash ^ host[--start]) * HashFactor;

            var rules = Find(host[start..], hash);
            if ((rules & Rules.Exception) != 0)
                return end + 1;
            // The list's own default, *, makes the last label a suffix whatever it is.
            if (depth == 1 || isUnderWildcard || (rules & Rules.Plain) != 0)
                suffix = start;
            isUnderWildcard = (rules & Rules.Wildcard) != 0;
            if (start == 0)
                break;
            hash = (hash ^ '.') * HashFactor;
            end = start - 1;
        }

        return suffix;
    }

    private static SuffixTable Load()
    {
        using var stream = typeof(SuffixTable).Assembly.GetManifestResourceStream("public-suffixes.txt")
            ?? throw new InvalidOperationException("The Public Suffix List is missing from the assembly.");
        var text = new byte[stream.Length];
        stream.ReadExactly(text);
        return new SuffixTable(text);
    }

    /// <returns>Labels of the rule.</returns>
    private int Add(int start, int end)
    {
        var rules = Rules.Plain;
        if (_text[start] == '!')
        {
            rules = Rules.Exception;
            start++;
        }
        else if (_text[start] == '*')
        {
            rules = Rules.Wildcard;
            start += 2;
        }

        var name = _text.AsSpan(start, end - start);
        var hash = HashSeed;
        for (var i = name.Length - 1; i >= 0; i--)
            hash = (hash ^ name[i]) * HashFactor;
        ref var entry = ref Slot(name, hash);
        entry = new Entry(start, name.Length, entry.Rules | rules);
        return name.Count((byte)'.') + (rules == Rules.Wildcard ? 2 : 1);
    }

    private Rules Find(ReadOnlySpan<byte> name, uint hash) => Slot(name, hash).Rules;

    private ref Entry Slot(ReadOnlySpan<byte> name, uint hash)
    {
        var mask = _entries.Length - 1;
        for (var at = (int)(hash ^ (hash >> 15)) & mask; ; at = (at + 1) & mask)
        {
            ref var entry = ref _entries[at];
            if (entry.Rules == 0 || _text.AsSpan(entry.Start, entry.Length).SequenceEqual(name))
                return ref entry;
        }
    }

    private readonly record struct Entry(int Start, int Length, Rules Rules);
}
