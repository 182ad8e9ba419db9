using System.Text;

namespace Atlas.Pipeline.Fetch;

/// <summary>One path of a robots.txt rule, with <c>*</c> for anything and a last <c>$</c> for the end.</summary>
internal sealed class RobotsPattern
{
    private readonly string[] _pieces;
    private readonly bool _toTheEnd;

    public RobotsPattern(string text)
    {
        _toTheEnd = text.EndsWith('$');
        var pieces = (_toTheEnd ? text[..^1] : text).Split('*');
        for (var i = 0; i < pieces.Length; i++)
            pieces[i] = Normalize(pieces[i]);
        _pieces = pieces;
        Length = pieces.Sum(piece => piece.Length) + pieces.Length - 1 + (_toTheEnd ? 1 : 0);
    }

    /// <summary>How specific it is: the longest match decides.</summary>
    public int Length { get; }

    /// <summary>Whether it matches a path and query in the form of <see cref="Normalize"/>. Linear in both, whatever the pattern.</summary>
    public bool IsMatch(ReadOnlySpan<char> path)
    {
        if (!path.StartsWith(_pieces[0], StringComparison.Ordinal))
            return false;
        if (_pieces.Length == 1)
            return !_toTheEnd || path.Length == _pieces[0].Length;

        path = path[_pieces[0].Length..];
        foreach (var piece in _pieces.AsSpan(1, _pieces.Length - 2))
        {
            var at = path.IndexOf(piece, StringComparison.Ordinal);
            if (at < 0)
                return false;
            path = path[(at + piece.Length)..];
        }

        var last = _pieces[^1];
        return _toTheEnd ? path.EndsWith(last, StringComparison.Ordinal) : path.Contains(last, StringComparison.Ordinal);
    }

    /// <summary>One spelling for what is the same path: escapes of plain characters undone, other octets escaped in upper case.</summary>
    public static string Normalize(string path)
    {
        var normal = new StringBuilder(path.Length);
        var octets = Encoding.UTF8.GetBytes(path);
        for (var i = 0; i < octets.Length; i++)
        {
            var octet = octets[i];
            if (octet == '%' && i + 2 < octets.Length && char.IsAsciiHexDigit((char)octets[i + 1]) && char.IsAsciiHexDigit((char)octets[i + 2]))
            {
                octet = Convert.ToByte(((char)octets[i + 1]).ToString() + (char)octets[i + 2], 16);
                i += 2;
                if (char.IsAsciiLetterOrDigit((char)octet) || octet is (byte)'-' or (byte)'.' or (byte)'_' or (byte)'~')
                    normal.Append((char)octet);
                else
                    Escape(normal, octet);
            }
            else if (octet is > 0x20 and < 0x7f and not (byte)'*' and not (byte)'$')
            {
                normal.Append((char)octet);
            }
            else
            {
                Escape(normal, octet);
            }
        }

        return normal.ToString();
    }

    private static void Escape(StringBuilder into, byte octet) => into.Append('%').Append("0123456789ABCDEF"[octet >> 4]).Append("0123456789ABCDEF"[octet & 15]);
}
