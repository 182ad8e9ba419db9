using System.Globalization;

namespace Atlas.Pipeline.AcceptanceTests.Peers;

/// <summary>docs/peers.md.</summary>
internal static class PeersPage
{
    public static string Write(string polluted, string killed) => string.Create(CultureInfo.InvariantCulture, $"""
        <!-- Made by make docs-peers. Do not edit. -->
        # What peers get wrong

        Made by a test that gives the same lists to this program and to others, as they come: {Peer.Concurrency} requests at once, no robots.txt, no retries, each with its usual way of storing pages. A scripted web on 1,000 loopback addresses counts what was asked for. One run each on {Environment.ProcessorCount} cores, which the web shares: the counts are what matters, whatever else the machine did is in the times. What the tables say of Atlas.Pipeline, the test demands: nothing lost, twice only what was under way, and on a machine that is not busy the first page within a second.

        ## A polluted list

        45,824 lines: about 20,000 pages, 8,500 disguised duplicates of them (case, fragment, tracking parameters, order of parameters, dot segments, escapes) and 17,300 `file:` lines. Three of these name a file that is there.

        | program | version | that local file | requests for pages it had already | pages it never asked for | exit code |
        |---|---|---|--:|--:|--:|
        {polluted}
        ## kill -9 at half, and the same command again

        {PeerTrials.KilledPages:N0} pages. Scrapy with JOBDIR, all URLs in its queue. The first page is counted from the start of the second run. Asked for twice is what was under way: being fetched, or fetched and not yet synced to the disk.

        | program | asked for before the kill | never asked for | asked for twice | first page | second run | its exit code |
        |---|--:|--:|--:|--:|--:|--:|
        {killed}
        ## The same, measured elsewhere

        An earlier run on another machine of two cores (Debian 12, Scrapy 2.8.0, Crawlee 3.18.1, curl 7.88.1), with nginx as the web and a list of 20,000 pages, 8,571 disguised duplicates and 17,250 `file:` lines:

        - Scrapy and curl read the local file that a `file:` line names.
        - Of 8,571 duplicates Crawlee fetched 2,064 again, Scrapy 3,176, curl all.
        - After kill -9 at half, Scrapy with JOBDIR lost 10,268 of 20,000 without a word and ended with exit code 0; Crawlee's queue on disk lost none, fetched 20 again, and took 149 s.

        """).ReplaceLineEndings("\n");
}
