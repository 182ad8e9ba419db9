using System.Text;
using Atlas.Urls;

namespace Atlas.Pipeline.Host.Normalizing;

/// <summary>What a change of rules would do to a list: which URLs would become one, and which that were one would part.</summary>
/// <remarks>Keeps one entry for each distinct key, about 100 bytes and the URL it was seen with first.</remarks>
/// <param name="before">The rules that are.</param>
/// <param name="after">Those that might be.</param>
/// <param name="readsJson">Every line is a JSON string; what is none has no key by either.</param>
internal sealed class RulesComparison(CanonicalizationRules before, CanonicalizationRules after, bool readsJson)
{
    private readonly Canonicalizer _before = new(before);
    private readonly Canonicalizer _after = new(after);
    private readonly Dictionary<UInt128, Key> _keysBefore = [];
    private readonly Dictionary<UInt128, Key> _keysAfter = [];
    private byte[] _canonical = new byte[64 * 1024];
    private long _lines;
    private long _changedVerdicts;
    private long _notJson;

    /// <summary>Reads the list and writes every merge and every split with an example, then the counts.</summary>
    /// <returns>How many merges and splits there are.</returns>
    public int Run(Stream input, TextWriter output)
    {
        var lines = new LineReader(input);
        var changes = 0;
        while (lines.TryRead(out var line))
        {
            _lines++;
            if (!TryReadUrl(line, out var url))
                continue;
            var (a, b) = (KeyOf(_before, url), KeyOf(_after, url));
            if (a is null != b is null)
                _changedVerdicts++;
            if (a is not { } keyBefore || b is not { } keyAfter)
                continue;
            changes += Note(_keysBefore, keyBefore, keyAfter, line, output, "part ");
            changes += Note(_keysAfter, keyAfter, keyBefore, line, output, "merge");
        }

        output.WriteLine($"{_lines:N0} lines: {_keysBefore.Count:N0} keys before, {_keysAfter.Count:N0} after; {changes:N0} merges and splits; {_changedVerdicts:N0} lines would be refused or taken instead.{(_notJson > 0 ? $" {_notJson:N0} are no JSON strings." : "")}");
        return changes;
    }

    private static int Note(Dictionary<UInt128, Key> keys, UInt128 key, UInt128 other, ReadOnlySpan<byte> line, TextWriter output, string what)
    {
        if (!keys.TryGetValue(key, out var known))
        {
            keys[key] = new Key(other, Encoding.UTF8.GetString(line));
            return 0;
        }

        if (known.Other == other || !known.Seen.Add(other))
            return 0;
        output.WriteLine($"{what}\t{known.Example}\t{Encoding.UTF8.GetString(line)}");
        return 1;
    }

    private bool TryReadUrl(ReadOnlySpan<byte> line, out ReadOnlySpan<byte> url)
    {
        url = line;
        if (!readsJson)
            return true;
        if (!JsonLiteral.TryRead(line, out var text))
        {
            _notJson++;
            return false;
        }

        url = text;
        return true;
    }

    private UInt128? KeyOf(Canonicalizer canonicalizer, ReadOnlySpan<byte> url)
    {
        var needed = Canonicalizer.MaxLength(url.Length);
        if (_canonical.Length < needed)
            _canonical = new byte[2 * needed];
        return canonicalizer.TryCanonicalize(url, _canonical, out var result) == CanonicalizationError.None ? ContentId.Of(_canonical.AsSpan(0, result.Length)) : null;
    }

    private sealed class Key(UInt128 other, string example)
    {
        public UInt128 Other { get; } = other;

        public string Example { get; } = example;

        public HashSet<UInt128> Seen => field ??= [];
    }
}
