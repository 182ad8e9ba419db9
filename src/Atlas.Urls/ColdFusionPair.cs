using System.Text;

namespace Atlas.Urls;

/// <summary>ColdFusion's session ids come in pairs, so that one counts only in a query that has the other too. The query is read once, when first asked.</summary>
/// <param name="query">The whole query.</param>
internal ref struct ColdFusionPair(ReadOnlySpan<byte> query)
{
    private readonly ReadOnlySpan<byte> _query = query;
    private bool _isRead;
    private bool _hasId;
    private bool _hasToken;

    public bool HasId
    {
        get
        {
            Read();
            return _hasId;
        }
    }

    public bool HasToken
    {
        get
        {
            Read();
            return _hasToken;
        }
    }

    private void Read()
    {
        if (_isRead)
            return;
        _isRead = true;
        for (var start = 0; start < _query.Length && !(_hasId && _hasToken);)
        {
            var next = _query[start..].IndexOf((byte)'=');
            if (next < 0)
                return;
            var equals = start + next;
            _hasId = _hasId || IsNameAt(equals, "&cfid"u8);
            _hasToken = _hasToken || IsNameAt(equals, "&cftoken"u8);
            start = equals + 1;
        }
    }

    /// <summary>Whether an equals sign is the end of a name with its separator; the query's first name has none.</summary>
    private readonly bool IsNameAt(int equals, ReadOnlySpan<byte> separatorAndName) =>
        equals < separatorAndName.Length
            ? Ascii.EqualsIgnoreCase(_query[..equals], separatorAndName[1..])
            : Ascii.EqualsIgnoreCase(_query[(equals - separatorAndName.Length)..equals], separatorAndName);
}
