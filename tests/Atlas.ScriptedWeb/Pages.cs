using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace Atlas.ScriptedWeb;

/// <summary>Deterministic bodies.</summary>
public static class Pages
{
    private static readonly string[] Words =
        ["atlas", "river", "stone", "market", "signal", "harbor", "winter", "copper", "garden", "letter", "number", "bridge", "orange", "silent", "window", "planet"];

    /// <summary>An HTML page of exactly this many bytes, the same for the same seed.</summary>
    /// <param name="size">Bytes, 0 or more; a page too small for its frame is cut off.</param>
    /// <param name="seed">Any text.</param>
    public static byte[] Html(int size, string seed)
    {
        var text = new StringBuilder("<!doctype html><title>");
        foreach (var letter in seed)
            text.Append(char.IsAsciiLetterOrDigit(letter) ? letter : '_');
        text.Append("</title><p>");
        var state = Hash(seed);
        while (text.Length < size)
        {
            state = Next(state);
            text.Append(Words[state >> 60]).Append(' ');
        }

        return Encoding.ASCII.GetBytes(text.ToString(0, size));
    }

    public static byte[] Gzip(byte[] body) => Compressed(body, (to) => new GZipStream(to, CompressionLevel.Optimal, leaveOpen: true));

    public static byte[] Brotli(byte[] body) => Compressed(body, (to) => new BrotliStream(to, CompressionLevel.Fastest, leaveOpen: true));

    /// <summary>Some megabytes of zeros as a few kilobytes of gzip.</summary>
    internal static byte[] Bomb(int megabytes)
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            var zeros = new byte[1 << 20];
            for (var written = 0; written < megabytes; written++)
                gzip.Write(zeros);
        }

        return packed.ToArray();
    }

    internal static ulong Hash(string text)
    {
        var hash = 14_695_981_039_346_656_037;
        foreach (var letter in text)
            hash = (hash ^ letter) * 1_099_511_628_211;
        return hash;
    }

    internal static ulong Next(ulong state) => (state * 6_364_136_223_846_793_005) + 1_442_695_040_888_963_407;

    internal static int Number(string text) => int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);

    private static byte[] Compressed(byte[] body, Func<Stream, Stream> packer)
    {
        var packed = new MemoryStream();
        using (var stream = packer(packed))
            stream.Write(body);
        return packed.ToArray();
    }
}
