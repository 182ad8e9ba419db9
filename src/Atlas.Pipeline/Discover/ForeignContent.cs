using System.Text;

namespace Atlas.Pipeline.Discover;

/// <summary>Whether tags stand in SVG or MathML, where <c>title</c>, <c>style</c> and the like hold no raw text and CDATA sections are text (WHATWG HTML 13.2.6.5). HTML inside of it (<c>foreignObject</c>) counts as HTML.</summary>
/// <remarks>One bit for each level, 64 levels at most; what is nested deeper counts as the 64th.</remarks>
internal struct ForeignContent
{
    private const int MostLevels = 64;

    private static readonly string[] Inner = ["foreignObject", "desc", "title", "mi", "mo", "mn", "ms", "mtext", "annotation-xml"];

    private static readonly string[] BreaksOut =
    [
        "b", "big", "blockquote", "body", "br", "center", "code", "dd", "div", "dl", "dt", "em", "embed", "h1", "h2", "h3", "h4", "h5", "h6", "head", "hr", "i", "img", "li", "listing",
        "menu", "meta", "nobr", "ol", "p", "pre", "ruby", "s", "small", "span", "strong", "strike", "sub", "sup", "table", "tt", "u", "ul", "var",
    ];

    private ulong _isForeign;
    private int _levels;

    public readonly bool IsInside => (_isForeign & 1) != 0;

    /// <summary>Takes note of a tag.</summary>
    public void Pass(ReadOnlySpan<byte> name, HtmlElement element, bool isEnd, bool isSelfClosing)
    {
        if (element is HtmlElement.Svg or HtmlElement.Math)
        {
            if (isEnd && IsInside)
                Leave();
            else if (!isEnd && !isSelfClosing)
                Enter(isForeign: true);
        }
        else if (_levels == 0)
        {
            return;
        }
        else if (IsOneOf(Inner, name))
        {
            if (isEnd && !IsInside)
                Leave();
            else if (!isEnd && !isSelfClosing && IsInside)
                Enter(isForeign: false);
        }
        else if (!isEnd && IsInside && IsOneOf(BreaksOut, name))
        {
            while (IsInside)
                Leave();
        }
    }

    private void Enter(bool isForeign)
    {
        if (_levels == MostLevels)
            return;
        _isForeign = (_isForeign << 1) | (isForeign ? 1u : 0u);
        _levels++;
    }

    private void Leave()
    {
        if (_levels == 0)
            return;
        _isForeign >>= 1;
        _levels--;
    }

    private static bool IsOneOf(string[] names, ReadOnlySpan<byte> name)
    {
        foreach (var known in names)
        {
            if (known.Length == name.Length && Ascii.EqualsIgnoreCase(name, known))
                return true;
        }

        return false;
    }
}
