using System.Globalization;
using System.Text;

namespace Atlas.Pipeline.LoadTests;

/// <summary>Lists of URLs to normalize, the same at every run.</summary>
internal static class UrlCorpus
{
    /// <summary>What lists are mostly made of: clean ones, some with tracking, unsorted or with a fragment, few that need care.</summary>
    public static byte[][] Ordinary(int lines) => Make(lines, i => (i % 20) switch
    {
        < 10 => $"https://www.host{i % 5000}.example/section/{i % 97}/article-{i}?id={i}&lang=en&view=full",
        < 13 => $"https://www.host{i % 5000}.example/section/{i % 97}/article-{i}.html",
        < 15 => $"http://shop.host{i % 5000}.example/p/{i}?view=full&utm_source=news&id={i}&gclid=EAIaIQ{i}",
        < 17 => $"https://www.host{i % 5000}.example/section/{i % 97}/article-{i}?view=full&id={i}&lang=en#comments",
        17 => $"http://Host{i % 5000}.Example:80/%7euser/{i}?q=caf%c3%a9",
        18 => $"https://host{i % 5000}.example/a/../b/./{i}/",
        _ => $"https://de.host{i % 5000}.example/stra%C3%9Fe/{i}?b=1&a=2",
    });

    /// <summary>Every one of them goes the careful way.</summary>
    public static byte[][] Careful(int lines) => Make(lines, i => (i % 8) switch
    {
        0 => $"HTTP://WWW.Host{i % 5000}.EXAMPLE/Section/{i}?view=full&id={i}",
        1 => $"http://user{i}@host{i % 5000}.example:8080/{i}?utm_source=x&b=1&a=2",
        2 => $"https://www.host{i % 5000}.example/a/./b/../{i}/%7euser?q=%c3%a9t%C3%a9",
        3 => $"https://bücher{i % 5000}.example/straße/{i}?größe=1",
        4 => $"http://0x7f.{i % 256}/path/{i}?a b",
        5 => $"https://host{i % 5000}.example:443\\path\\{i}?x=[1]&y={{2}}",
        6 => $"http://[2001:db8::{i % 9999}]/p/{i}?100%",
        _ => $"https://www.host{i % 5000}.example./it's/{i}?it's&&utm_medium=x&fbclid={i}#!/route",
    });

    private static byte[][] Make(int lines, Func<int, FormattableString> url) =>
        [.. Enumerable.Range(0, lines).Select(i => Encoding.UTF8.GetBytes(url(i).ToString(CultureInfo.InvariantCulture)))];
}
