using System.Text;

namespace Atlas.Pipeline.Discover;

/// <summary>The elements that have something to do with links, or hold text in which a tag is none.</summary>
internal enum HtmlElement
{
    Other = 0,
    A,
    Area,
    Base,
    Frame,
    Iframe,
    Link,
    Math,
    Meta,
    Noembed,
    Noframes,
    Plaintext,
    Script,
    Style,
    Svg,
    Textarea,
    Title,
    Xmp,
}

/// <summary>From names to elements.</summary>
internal static class HtmlElements
{
    /// <summary>The element of a name in any case.</summary>
    public static HtmlElement Of(ReadOnlySpan<byte> name) => (name[0] | 0x20) switch
    {
        'a' => name.Length == 1 ? HtmlElement.A : If(name, "area"u8, HtmlElement.Area),
        'b' => If(name, "base"u8, HtmlElement.Base),
        'f' => If(name, "frame"u8, HtmlElement.Frame),
        'i' => If(name, "iframe"u8, HtmlElement.Iframe),
        'l' => If(name, "link"u8, HtmlElement.Link),
        'm' => If(name, "meta"u8, HtmlElement.Meta) | If(name, "math"u8, HtmlElement.Math),
        'n' => If(name, "noframes"u8, HtmlElement.Noframes) | If(name, "noembed"u8, HtmlElement.Noembed),
        'p' => If(name, "plaintext"u8, HtmlElement.Plaintext),
        's' => If(name, "script"u8, HtmlElement.Script) | If(name, "style"u8, HtmlElement.Style) | If(name, "svg"u8, HtmlElement.Svg),
        't' => If(name, "title"u8, HtmlElement.Title) | If(name, "textarea"u8, HtmlElement.Textarea),
        'x' => If(name, "xmp"u8, HtmlElement.Xmp),
        _ => HtmlElement.Other,
    };

    /// <summary>Whether what is inside is text up to the end tag, whatever it looks like.</summary>
    public static bool HoldsRawText(HtmlElement element) =>
        element is HtmlElement.Iframe or HtmlElement.Noembed or HtmlElement.Noframes or HtmlElement.Style or HtmlElement.Textarea or HtmlElement.Title or HtmlElement.Xmp;

    private static HtmlElement If(ReadOnlySpan<byte> name, ReadOnlySpan<byte> word, HtmlElement element) =>
        name.Length == word.Length && Ascii.EqualsIgnoreCase(name, word) ? element : HtmlElement.Other;
}
