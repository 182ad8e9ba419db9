using System.Buffers;
using System.Text;

namespace Atlas.Pipeline.Discover;

/// <summary>Reads the tags of an HTML document one after the other, as the tokenizer of the WHATWG HTML standard (13.2.5) would: text, comments, doctypes and what stands inside scripts and styles are passed over.</summary>
/// <remarks>
/// Takes any bytes, never throws, allocates nothing and looks at each byte a bounded number of times. The bytes are of an encoding in which ASCII is ASCII.
/// A tag that the document ends in is no tag. Scripting counts as off, so <c>noscript</c> is markup. Of the tree it knows only whether it stands in SVG or MathML (<see cref="ForeignContent"/>), where other elements hold raw text.
/// </remarks>
internal ref struct HtmlTokenizer(ReadOnlySpan<byte> html)
{
    private static readonly SearchValues<byte> EndsName = SearchValues.Create("\t\n\f\r />"u8);
    private static readonly SearchValues<byte> EndsAttribute = SearchValues.Create("\t\n\f\r />="u8);
    private static readonly SearchValues<byte> EndsUnquoted = SearchValues.Create("\t\n\f\r >"u8);

    private readonly ReadOnlySpan<byte> _html = html;
    private ForeignContent _foreign;
    private int _at;
    private bool _isInTag;
    private bool _isSelfClosing;

    /// <summary>The tag's name as it is written.</summary>
    public ReadOnlySpan<byte> Name { get; private set; }

    /// <summary>What is known of the element.</summary>
    public HtmlElement Element { get; private set; }

    public bool IsEnd { get; private set; }

    /// <summary>The document ended in the tag that was read last: it does not count.</summary>
    public bool IsCut { get; private set; }

    /// <summary>Goes to the next tag; what is left of the current one is passed over. False at the end of the document.</summary>
    public bool NextTag()
    {
        while (_isInTag)
            NextAttribute(out _, out _);
        while (!IsCut)
        {
            var bracket = _html[_at..].IndexOf((byte)'<');
            if (bracket < 0 || _at + bracket + 1 >= _html.Length)
                return false;

            _at += bracket + 1;
            var next = _html[_at];
            if (char.IsAsciiLetter((char)next))
                return ReadName(isEnd: false);
            if (next == '!')
                PassDeclaration();
            else if (next == '?')
                PassThrough(">"u8);
            else if (next == '/' && _at + 1 < _html.Length)
            {
                _at++;
                if (char.IsAsciiLetter((char)_html[_at]))
                    return ReadName(isEnd: true);
                PassThrough(">"u8);
            }
        }

        return false;
    }

    /// <summary>The next attribute of the current tag, as it is written; of those with the same name the first counts. False when there are no more.</summary>
    /// <param name="name">In any case; never empty.</param>
    /// <param name="value">With its character references as written; empty when there is none.</param>
    public bool NextAttribute(out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        name = value = default;
        if (!_isInTag)
            return false;

        for (; _at < _html.Length; _at++)
        {
            var next = _html[_at];
            if (next == '>')
            {
                _at++;
                EndTag();
                return false;
            }

            if (next != '/' && !IsSpace(next))
                break;
            _isSelfClosing = next == '/' && _at + 1 < _html.Length && _html[_at + 1] == '>';
        }

        // An equals sign that comes first is part of the name.
        if (_at >= _html.Length)
            return Cut();
        var length = _html[(_at + 1)..].IndexOfAny(EndsAttribute);
        if (length < 0)
            return Cut();
        name = _html.Slice(_at, length + 1);
        _at += length + 1;

        var afterName = _at;
        PassSpace();
        if (_at >= _html.Length)
            return Cut();
        if (_html[_at] != '=')
        {
            _at = afterName;
            return true;
        }

        _at++;
        PassSpace();
        return _at < _html.Length ? ReadValue(out value) : Cut();
    }

    private bool ReadValue(out ReadOnlySpan<byte> value)
    {
        value = default;
        var first = _html[_at];
        if (first == '>')
            return true;

        var isQuoted = first is (byte)'"' or (byte)'\'';
        var start = isQuoted ? _at + 1 : _at;
        var rest = _html[start..];
        var length = isQuoted ? rest.IndexOf(first) : rest.IndexOfAny(EndsUnquoted);
        if (length < 0)
            return Cut();
        value = rest[..length];
        _at = start + length + (isQuoted ? 1 : 0);
        return true;
    }

    private bool ReadName(bool isEnd)
    {
        var rest = _html[_at..];
        var length = rest.IndexOfAny(EndsName);
        if (length < 0)
            return Cut();

        Name = rest[..length];
        Element = HtmlElements.Of(Name);
        IsEnd = isEnd;
        _isInTag = true;
        _isSelfClosing = false;
        _at += length;
        return true;
    }

    private void EndTag()
    {
        _isInTag = false;
        var isForeign = _foreign.IsInside;
        _foreign.Pass(Name, Element, IsEnd, _isSelfClosing);
        if (IsEnd || isForeign)
            return;
        if (Element == HtmlElement.Plaintext)
            _at = _html.Length;
        else if (Element == HtmlElement.Script)
            PassScript();
        else if (HtmlElements.HoldsRawText(Element))
            PassRawText();
    }

    /// <summary>Up to the end tag of the element that has begun; to the end of the document where there is none.</summary>
    private void PassRawText()
    {
        while (_at < _html.Length)
        {
            var bracket = _html[_at..].IndexOf("</"u8);
            if (bracket < 0)
                break;
            _at += bracket;
            if (StandsAt(_at + 2, Name))
                return;
            _at += 2;
        }

        _at = _html.Length;
    }

    /// <summary>The same for a script, whose end tag does not count inside of <c>&lt;!-- &lt;script&gt;</c> (13.2.5.17 to 13.2.5.31).</summary>
    private void PassScript()
    {
        var (isEscaped, isDoublyEscaped) = (false, false);
        while (_at < _html.Length)
        {
            var rest = _html[_at..];
            var next = isEscaped ? rest.IndexOfAny((byte)'<', (byte)'-') : rest.IndexOf((byte)'<');
            if (next < 0)
                break;
            _at += next;
            rest = _html[_at..];
            if (rest[0] == '-')
            {
                var dashes = rest.IndexOfAnyExcept((byte)'-');
                if (dashes < 0)
                    break;
                if (dashes > 1 && rest[dashes] == '>')
                    isEscaped = isDoublyEscaped = false;
                _at += dashes;
            }
            else if (!isEscaped && rest.StartsWith("<!--"u8))
            {
                // Its dashes may be the first of an arrow that ends it at once.
                isEscaped = true;
                _at += 2;
            }
            else if (rest.StartsWith("</"u8) && StandsAt(_at + 2, "script"u8))
            {
                if (!isDoublyEscaped)
                    return;
                isDoublyEscaped = false;
                _at += 2;
            }
            else
            {
                isDoublyEscaped |= isEscaped && StandsAt(_at + 1, "script"u8);
                _at++;
            }
        }

        _at = _html.Length;
    }

    private readonly bool StandsAt(int at, ReadOnlySpan<byte> name) =>
        at + name.Length < _html.Length && EndsName.Contains(_html[at + name.Length]) && Ascii.EqualsIgnoreCase(_html.Slice(at, name.Length), name);

    private void PassDeclaration()
    {
        var rest = _html[_at..];
        if (rest.StartsWith("!--"u8))
            PassComment();
        else if (_foreign.IsInside && rest.StartsWith("![CDATA["u8))
            PassThrough("]]>"u8);
        else
            PassThrough(">"u8);
    }

    private void PassComment()
    {
        _at += 3;
        var rest = _html[_at..];
        if (rest.StartsWith(">"u8) || rest.StartsWith("->"u8))
        {
            PassThrough(">"u8);
            return;
        }

        while (_html[_at..].IndexOf("--"u8) is >= 0 and var dashes)
        {
            _at += dashes;
            var after = _html[_at..].IndexOfAnyExcept((byte)'-');
            if (after < 0)
                break;
            _at += after;
            if (_html[_at] == '>' || _html[_at..].StartsWith("!>"u8))
            {
                PassThrough(">"u8);
                return;
            }
        }

        _at = _html.Length;
    }

    private void PassThrough(ReadOnlySpan<byte> end)
    {
        var found = _html[_at..].IndexOf(end);
        _at = found < 0 ? _html.Length : _at + found + end.Length;
    }

    private void PassSpace()
    {
        while (_at < _html.Length && IsSpace(_html[_at]))
            _at++;
    }

    private bool Cut()
    {
        _isInTag = false;
        IsCut = true;
        return false;
    }

    private static bool IsSpace(byte value) => value is (byte)' ' or (byte)'\n' or (byte)'\t' or (byte)'\r' or (byte)'\f';
}
