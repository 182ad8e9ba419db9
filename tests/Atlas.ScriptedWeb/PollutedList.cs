using System.Globalization;
using System.Text;

namespace Atlas.ScriptedWeb;

/// <summary>What a list holds.</summary>
/// <param name="Lines">All lines.</param>
/// <param name="FileLines">Lines with a <c>file</c> URL.</param>
/// <param name="Distinct">Pages behind the http lines.</param>
public sealed record PollutedCounts(int Lines, int FileLines, int Distinct);

/// <summary>Writes lists of URLs as bad as real ones, the same for the same seed: local files, the same page in many spellings, and the pages that count.</summary>
public static class PollutedList
{
    /// <summary>Writes the list, one URL a line.</summary>
    /// <param name="to">Stays open.</param>
    /// <param name="lines">How many.</param>
    /// <param name="hosts">Loopback addresses the pages are spread over, from 127.0.1.1.</param>
    /// <param name="port">Of every host.</param>
    /// <param name="seed">Another seed, another list.</param>
    /// <param name="fileShare">Share of lines that are <c>file</c> URLs.</param>
    /// <param name="duplicateShare">Share of lines that are earlier pages in disguise.</param>
    public static PollutedCounts Write(Stream to, int lines, int hosts, int port, int seed, double fileShare = 0.37, double duplicateShare = 0.30)
    {
        var chance = new Random(seed);
        using var text = new StreamWriter(to, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), 1 << 16, leaveOpen: true) { NewLine = "\n" };
        var files = 0;
        var pages = 0;
        for (var line = 0; line < lines; line++)
        {
            var draw = chance.NextDouble();
            if (draw < fileShare)
            {
                files++;
                text.WriteLine(string.Create(CultureInfo.InvariantCulture, $"file:///home/user{chance.Next(50)}/Documents/report-{chance.Next(lines)}.pdf"));
            }
            else if (draw < fileShare + duplicateShare && pages > 0)
            {
                text.WriteLine(Disguised(Page(chance.Next(pages), hosts, port, seed), chance));
            }
            else
            {
                text.WriteLine(Page(pages++, hosts, port, seed).Plain);
            }
        }

        return new PollutedCounts(lines, files, pages);
    }

    private static PageUrl Page(int number, int hosts, int port, int seed)
    {
        var host = number % hosts;
        var state = Pages.Next(Pages.Next((ulong)number ^ ((ulong)(uint)seed << 32)));
        return new PageUrl(
            string.Create(CultureInfo.InvariantCulture, $"127.0.{1 + (host / 250)}.{1 + (host % 250)}:{port}"),
            string.Create(CultureInfo.InvariantCulture, $"/page/{512 + (state >> 52)}/~{seed}-{number}/caf%C3%A9"),
            string.Create(CultureInfo.InvariantCulture, $"id={number}"),
            string.Create(CultureInfo.InvariantCulture, $"view={(state >> 40) % 7}"));
    }

    private static string Disguised(PageUrl page, Random chance) => chance.Next(8) switch
    {
        0 => $"HTTP://{page.Host}{page.Path}?{page.First}&{page.Second}",
        1 => string.Create(CultureInfo.InvariantCulture, $"{page.Plain}&utm_source=mail&utm_campaign=c{chance.Next(1_000)}"),
        2 => string.Create(CultureInfo.InvariantCulture, $"http://{page.Host}{page.Path}?fbclid=x{chance.Next(100_000)}&{page.First}&{page.Second}"),
        3 => $"http://{page.Host}{page.Path}?{page.Second}&{page.First}",
        4 => string.Create(CultureInfo.InvariantCulture, $"{page.Plain}#part-{chance.Next(20)}"),
        5 => $"http://{page.Host}/a/.././{page.Path[1..]}?{page.First}&{page.Second}",
        6 => page.Plain.Replace("~", "%7E", StringComparison.Ordinal),
        _ => page.Plain.Replace("%C3%A9", "%c3%a9", StringComparison.Ordinal),
    };

    private sealed record PageUrl(string Host, string Path, string First, string Second)
    {
        public string Plain => $"http://{Host}{Path}?{First}&{Second}";
    }
}
