using System.Buffers;
using System.Text;

namespace Atlas.Pipeline.Migrate;

/// <summary>Of rows with a URL, how many have which scheme, and what this pipeline would do with them.</summary>
internal sealed class UrlKinds
{
    private const int MostSchemes = 64;
    private const int LongestScheme = 32;

    private static readonly SearchValues<byte> SchemeBytes = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-."u8);

    private readonly List<(byte[] Scheme, long Count)> _schemes = [];
    private readonly long[] _byReason = new long[Reason.Http(100).Code];
    private long _noScheme, _otherSchemes, _fetchable;

    /// <summary>By scheme, the most frequent first.</summary>
    public IEnumerable<(string Scheme, long Count)> Schemes =>
        _schemes.Select(scheme => (Encoding.UTF8.GetString(scheme.Scheme), scheme.Count)).Append(("no scheme", _noScheme)).Append(("other schemes", _otherSchemes))
            .Where(scheme => scheme.Item2 > 0).OrderByDescending(scheme => scheme.Item2).ThenBy(scheme => scheme.Item1, StringComparer.Ordinal);

    /// <summary>By class: <c>http_content</c>, or the reason for which a URL is refused.</summary>
    public IEnumerable<(string Class, long Count)> Classes =>
        new[] { (ProcessingStrategies.NameOf(ProcessingStrategy.HttpContent), _fetchable) }
            .Concat(_byReason.Select((count, code) => (Reason.IsKnown((ushort)code) ? new Reason((ushort)code).Name : "", count))).Where(kind => kind.Item2 > 0);

    public void Count(UrlBatch batch, in UrlRow row, LegacyTable table)
    {
        if (table == LegacyTable.Content)
            return;
        if (row.Fate == Fate.Forward)
            _fetchable++;
        else
            _byReason[row.Reason.Code]++;
        var line = batch.TextOf(row).TrimStart(" \t\r\n"u8);
        var colon = line.IndexOf((byte)':');
        Span<byte> scheme = stackalloc byte[LongestScheme];
        if (colon is < 1 or > LongestScheme || line[..colon].ContainsAnyExcept(SchemeBytes))
            _noScheme++;
        else
            CountScheme(scheme[..(Ascii.ToLower(line[..colon], scheme, out var length) == OperationStatus.Done ? length : 0)]);
    }

    private void CountScheme(ReadOnlySpan<byte> scheme)
    {
        for (var i = 0; i < _schemes.Count; i++)
        {
            if (scheme.SequenceEqual(_schemes[i].Scheme))
            {
                _schemes[i] = _schemes[i] with { Count = _schemes[i].Count + 1 };
                return;
            }
        }

        if (_schemes.Count < MostSchemes)
            _schemes.Add((scheme.ToArray(), 1));
        else
            _otherSchemes++;
    }
}
