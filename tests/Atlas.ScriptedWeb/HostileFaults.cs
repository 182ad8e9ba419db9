using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;

namespace Atlas.ScriptedWeb;

/// <summary>Everything a server can do wrong. Which of it an answer is depends on host, page and how often it was asked for: the same in every run.</summary>
internal sealed class HostileFaults
{
    private const int PercentFaulty = 30;
    private const string Html = "Content-Type: text/html\r\n";
    private const string EndlessChunks = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n";

    private static readonly byte[] Bomb = Pages.Bomb(64);
    private static readonly byte[] Body = Pages.Html(2_000, "hostile");
    private static readonly byte[] Chunk = [.. "4000\r\n"u8, .. new byte[0x4000].Select(_ => (byte)'a'), .. "\r\n"u8];

    private static readonly (string Name, Func<HostileConnection, ulong, IPEndPoint, Task> Play)[] All =
    [
        ("reset without an answer", (client, _, _) => Do(client.Reset)),
        ("closed without an answer", (client, _, _) => Do(client.Close)),
        ("no HTTP", async (client, chance, _) => await ThenClose(client, $"\0\u00ff\u0001{chance}\r\n\r\n\u00fe")),
        ("a status that is no number", async (client, _, _) => await ThenClose(client, "HTTP/1.1 OK 200\r\n\r\n")),
        ("500", (client, _, _) => client.SendWholeAsync("500 Internal Server Error", Html, Body)),
        ("503, seconds", (client, _, _) => client.SendWholeAsync("503 Service Unavailable", "Retry-After: 1\r\n", [])),
        ("503, date", (client, _, _) => client.SendWholeAsync("503 Service Unavailable", $"Retry-After: {InASecond()}\r\n", [])),
        ("429, seconds", (client, _, _) => client.SendWholeAsync("429 Too Many Requests", "Retry-After: 1\r\n", [])),
        ("429, date", (client, _, _) => client.SendWholeAsync("429 Too Many Requests", $"Retry-After: {InASecond()}\r\n", [])),
        ("429, nonsense", (client, _, _) => client.SendWholeAsync("429 Too Many Requests", "Retry-After: -99999999999999999999\r\n", [])),
        ("body that trickles", async (client, _, _) => await Forever(client, "HTTP/1.1 200 OK\r\nContent-Length: 90000\r\n\r\n", "a"u8, TimeSpan.FromMilliseconds(200))),
        ("body that stops", async (client, _, _) => await ThenSilence(client, "HTTP/1.1 200 OK\r\nContent-Length: 90000\r\n\r\nhalf")),
        ("headers that trickle", async (client, _, _) => await Forever(client, "HTTP/1.1 200 OK\r\n", "X: y\r\n"u8, TimeSpan.FromMilliseconds(200))),
        ("headers that stop", async (client, _, _) => await ThenSilence(client, "HTTP/1.1 200 OK\r\nX-Half: ")),
        ("headers without an end", async (client, _, _) => await Forever(client, "HTTP/1.1 200 OK\r\n", "X-More: and more and more and more\r\n"u8, TimeSpan.Zero)),
        ("100 Continue without an end", async (client, _, _) => await Forever(client, "", "HTTP/1.1 100 Continue\r\n\r\n"u8, TimeSpan.FromMilliseconds(1))),
        ("a header of 100,000 bytes", (client, _, _) => client.SendWholeAsync("200 OK", "X-Long: " + new string('h', 100_000) + "\r\n", Body)),
        ("redirect loop", (client, _, host) => RedirectAsync(client, $"http://{host}{HostileSite.HopPrefix}loop")),
        ("redirects to ever new pages", (client, chance, host) => RedirectAsync(client, string.Create(CultureInfo.InvariantCulture, $"http://{host}{HostileSite.HopPrefix}trap/{chance}"))),
        ("redirect to a local file", (client, _, _) => RedirectAsync(client, "file:///etc/hostname")),
        ("redirect to nowhere", (client, _, _) => RedirectAsync(client, "http://[::::]:99999999/%zz")),
        ("body shorter than said", async (client, _, _) => await ThenClose(client, "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\nshort")),
        ("body longer than said", (client, _, _) => client.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nlonger, and HTTP/1.1 200 OK\r\n\r\n")),
        ("two lengths", async (client, _, _) => await ThenClose(client, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 7\r\n\r\n1234567")),
        ("chunk of no size", async (client, _, _) => await ThenClose(client, EndlessChunks + "zzz\r\nabc\r\n0\r\n\r\n")),
        ("chunk of a size past all numbers", async (client, _, _) => await ThenClose(client, EndlessChunks + "ffffffffffffffffff\r\nabc\r\n0\r\n\r\n")),
        ("chunks that are cut off", async (client, _, _) => await ThenClose(client, EndlessChunks + "ff\r\nabc")),
        ("body without an end", async (client, _, _) => await Forever(client, EndlessChunks, Chunk, TimeSpan.Zero)),
        ("body that is reset", async (client, _, _) => await ThenReset(client, "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\nhalf")),
        ("gzip bomb", (client, _, _) => client.SendWholeAsync("200 OK", Html + "Content-Encoding: gzip\r\n", Bomb)),
        ("gzip that is none", (client, _, _) => client.SendWholeAsync("200 OK", Html + "Content-Encoding: gzip\r\n", Body)),
        ("gzip that is cut off", (client, _, _) => client.SendWholeAsync("200 OK", Html + "Content-Encoding: gzip\r\n", Pages.Gzip(Body)[..^9])),
        ("brotli that is gzip", (client, _, _) => client.SendWholeAsync("200 OK", Html + "Content-Encoding: br\r\n", Pages.Gzip(Body))),
        ("encoded twice", (client, _, _) => client.SendWholeAsync("200 OK", Html + "Content-Encoding: gzip, gzip\r\n", Pages.Gzip(Pages.Gzip(Body)))),
    ];

    private readonly ConcurrentDictionary<string, int> _played = new(StringComparer.Ordinal);

    /// <summary>How many kinds there are.</summary>
    public static int Kinds => All.Length;

    public IReadOnlyDictionary<string, int> Played => _played;

    /// <summary>Answers with a fault, if this is one of the answers that are.</summary>
    /// <returns>Whether it was.</returns>
    public async Task<bool> TryPlayAsync(HostileConnection client, string target, IPEndPoint host, int times)
    {
        var chance = Pages.Next(Pages.Next(Pages.Hash(string.Create(CultureInfo.InvariantCulture, $"{host.Address}{target}#{times}")))) >> 16;
        if (target.StartsWith(HostileSite.HopPrefix, StringComparison.Ordinal))
        {
            await RedirectAsync(client, target.EndsWith("/loop", StringComparison.Ordinal) ? target : string.Create(CultureInfo.InvariantCulture, $"{HostileSite.HopPrefix}trap/{chance}"));
            return true;
        }

        if (chance % 100 >= PercentFaulty)
            return false;
        var (name, play) = All[(chance / 100) % (ulong)All.Length];
        _played.AddOrUpdate(name, 1, (_, before) => before + 1);
        await play(client, chance, host);
        return true;
    }

    private static string InASecond() => TimeProvider.System.GetUtcNow().AddSeconds(1).ToString("R", CultureInfo.InvariantCulture);

    private static Task RedirectAsync(HostileConnection client, string location) => client.SendWholeAsync("302 Found", $"Location: {location}\r\n", []);

    private static Task Do(Action action)
    {
        action();
        return Task.CompletedTask;
    }

    private static Task Forever(HostileConnection client, string head, ReadOnlySpan<byte> piece, TimeSpan pause) => ForeverAsync(client, Encoding.Latin1.GetBytes(head), piece.ToArray(), pause);

    private static async Task ForeverAsync(HostileConnection client, byte[] head, byte[] piece, TimeSpan pause)
    {
        await client.SendAsync(head);
        await client.SendForeverAsync(piece, pause);
    }

    private static async Task ThenClose(HostileConnection client, string text)
    {
        await client.SendAsync(text);
        client.Close();
    }

    private static async Task ThenReset(HostileConnection client, string text)
    {
        await client.SendAsync(text);
        client.Reset();
    }

    private static async Task ThenSilence(HostileConnection client, string text)
    {
        await client.SendAsync(text);
        await client.WaitForLeaveAsync();
    }
}
