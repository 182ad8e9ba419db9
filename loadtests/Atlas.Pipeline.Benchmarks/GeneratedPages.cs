using System.Globalization;
using System.Text;

namespace Atlas.Pipeline.Benchmarks;

/// <summary>Pages as sites have them: navigation, articles, scripts, styles, comments, broken tags. The same for the same seed.</summary>
internal static class GeneratedPages
{
    private const string Words = "the quick brown fox jumps over a lazy dog while nobody is looking and the links of this page lead elsewhere ";

    /// <summary>A page of about <paramref name="bytes"/> bytes.</summary>
    public static byte[] Page(int seed, int bytes)
    {
        var chance = new Random(seed);
        var page = new StringBuilder("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Page <a href=\"/not\"> of text</title>\n");
        page.Append("<link rel=\"canonical\" href=\"https://site.test/canonical\"><link rel=\"stylesheet\" href=\"/style.css\">\n<style>a > b { content: \"<a href='/not'>\" }</style>\n");
        page.Append("<script>var a = \"<a href='/not'>\" + (1 < 2) + \"<\\/a>\"; <!-- if (a) { } --></script></head>\n<body class=\"page\">");
        while (page.Length < bytes)
            Append(page, chance);
        page.Append("</body></html>\n");
        return Encoding.UTF8.GetBytes(page.ToString());
    }

    /// <summary>Pieces of markup in any order, each link with an address of its own.</summary>
    public static byte[] Soup(int seed)
    {
        string[] pieces =
        [
            "<a href=", "<a href='", "<a title=\"", "'>", "\">", ">", " ", "/", "=", "<", "</", "<!", "<!--", "-->", "--!>", "-", "<!-", "<?", "<![CDATA[", "]]>", "<script>", "</script>", "</script ", "<script ",
            "<style>", "</style>", "<title>", "</title>", "<textarea>", "</textarea>", "<xmp>", "</xmp>", "<noscript>", "</noscript>", "<!doctype html>", "<p ", "<b>", "</b>", "</a>", "text", "&amp;", "&lt", "&#x41;", "\n", "href=", "x",
        ];
        var chance = new Random(seed);
        var page = new StringBuilder();
        for (var count = 0; count < 60; count++)
        {
            page.Append(pieces[chance.Next(pieces.Length)]);
            if (chance.Next(3) == 0)
                page.Append(CultureInfo.InvariantCulture, $"<a href=/{count}>");
        }

        return Encoding.UTF8.GetBytes(page.ToString());
    }

    private static void Append(StringBuilder page, Random chance)
    {
        var number = chance.Next(100_000).ToString(CultureInfo.InvariantCulture);
        switch (chance.Next(16))
        {
            case 0:
                page.Append("<nav><ul class=\"menu\">");
                for (var i = 0; i < 8; i++)
                    page.Append(CultureInfo.InvariantCulture, $"<li id=\"item-{i}\" class=\"menu-item\"><a class=\"link\" href=\"/section/{number}/{i}?a=1&amp;b={i}\" title=\"Go > there\">Section {i}</a></li>\n");
                page.Append("</ul></nav>\n");
                break;
            case 1:
                page.Append("<!-- <a href=\"/not\">commented</a> -- > -->\n");
                break;
            case 2:
                page.Append("<script type=\"text/javascript\">").Append("function f(a) { return a < 3 ? '<a href=\"/not\">' : a-- > 1; }\n".PadRight(chance.Next(64, 2_000), ' ')).Append("</script>\n");
                break;
            case 3:
                page.Append("<img src=\"/image.png\" alt='a \"picture\"' width=10 height=10 data-x=\"{&quot;a&quot;:1}\"/>\n");
                break;
            case 4:
                page.Append("<svg viewBox=\"0 0 10 10\"><title>x</title><path d=\"M0 0L10 10\"/></svg>\n");
                break;
            case 5:
                page.Append("<a href=/plain/").Append(number).Append(" class=x>unquoted</a> <A HREF='//other.test/").Append(number).Append("'>upper</A>\n");
                break;
            case 6:
                page.Append("<textarea name=t><a href=\"/not\">inside</a></textarea><noscript><a href=\"/without/").Append(number).Append("\">x</a></noscript>\n");
                break;
            default:
                page.Append("<div class=\"text\"><p id=\"p").Append(number).Append("\">");
                for (var i = chance.Next(1, 6); i > 0; i--)
                    page.Append(Words);
                if (chance.Next(2) == 0)
                    page.Append("<a href=\"../article-").Append(number).Append(".html#part\">see <b>more</b></a>");
                page.Append("</p></div>\n");
                break;
        }
    }
}
