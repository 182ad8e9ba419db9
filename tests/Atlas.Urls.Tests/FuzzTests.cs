using System.Diagnostics;
using System.Globalization;
using System.Text;
using Atlas.Pipeline.Host.Normalizing;

namespace Atlas.Urls.Tests;

/// <summary>The laws of canonical forms on bytes nobody thought of, for as long as <c>make fuzz</c> says.</summary>
[Trait("length", "long")]
[Trait("run", "fuzz")]
public sealed class FuzzTests(ITestOutputHelper output)
{
    private const int LongestLine = 8 * 1024;

    private static readonly string[] Pieces =
    [
        "http", "https", "HTTP", "ftp", ":", "//", "/", "\\", "?", "#", "#!", "#/", "&", "=", "@", "[", "]", ".", "..", "/../", "/./", "%2e", "%2E%2e", "%", "%25", "%2", "%C3", "%c3%a9", "é", "ß", "ς", "ü", "ｅ", "。",
        "\u00AD", "\u200D", "\u200C", "\u0301", "\u05D0", "\u0661", "a", "B", "0", "80", ":80", ":443", "65535", "65536", "h.example", "www.", "co.uk", "127.1", "0x7f", "08", "256", "::1", "::ffff:1.2.3.4", "utm_id=1",
        "gclid", "si=x", "youtube.com", "sid=9682993c8daa2c5497996114facdc805", ";jsessionid=0123456789abcdefghij", "(S(4hqa0555fwsecu455xqckv45))", "cfid=1", "cftoken=2", " ", "\t", "\n", "\r", "\0", "\u007f", "<", "|",
        "xn--", "xn--bcher-kva", "~", "{", "'", "\"", "日本", "\uD83D\uDE00", "localhost", "user:pass@", "+", "%20", "\uFEFF", "\uFFFD",
    ];

    private static readonly CanonicalizationRules[] Choices =
    [
        new(),
        new() { FoldScheme = false, DropTracking = false },
        new() { FoldWww = true, FoldTrailingSlash = true, DropSessionIds = true, AcceptSchemeless = true, DropParams = ["a", "é"], Sites = new Dictionary<string, SiteRules> { ["h.example"] = new(["B"], ["gclid"]) } },
    ];

    private readonly Canonicalizer[] _canonicalizers = [.. Choices.Select(rules => new Canonicalizer(rules))];
    private readonly byte[] _first = new byte[Canonicalizer.MaxLength(4 * LongestLine)];
    private readonly byte[] _second = new byte[Canonicalizer.MaxLength(Canonicalizer.MaxLength(4 * LongestLine))];

    [Fact]
    public void No_bytes_break_a_law()
    {
        var seed = Environment.GetEnvironmentVariable("ATLAS_FUZZ_SEED") is { Length: > 0 } given ? int.Parse(given, CultureInfo.InvariantCulture) : Environment.TickCount;
        var time = TimeSpan.FromSeconds(double.Parse(Environment.GetEnvironmentVariable("ATLAS_FUZZ_SECONDS") ?? "10", CultureInfo.InvariantCulture));
        var random = new Random(seed);
        var clock = Stopwatch.StartNew();
        long lines = 0, taken = 0;
        while (clock.Elapsed < time)
        {
            for (var i = 0; i < 1_000; i++, lines++)
            {
                var line = Next(random);
                if (BrokenLaw(line, ref taken) is not { } law)
                    continue;
                line = Shrinking.Shrink(line, shorter => BrokenLaw(shorter, ref taken) == law);
                Assert.Fail($"{law} (seed {seed}): {Convert.ToBase64String(line)}\n{Encoding.UTF8.GetString(line)}");
            }
        }

        output.WriteLine($"{lines:N0} lines, {taken:N0} canonical forms, seed {seed}");
        Assert.True(taken > lines / 10, "The generator makes too few URLs to try anything.");
    }

    private static byte[] Next(Random random)
    {
        var kind = random.Next(10);
        if (kind == 0)
        {
            var noise = new byte[random.Next(200)];
            random.NextBytes(noise);
            return noise;
        }

        var text = new StringBuilder(kind < 8 ? "http" + (random.Next(2) == 0 ? "s" : "") + "://" + (kind < 6 ? "h.example" : "") : "");
        var pieces = kind == 1 ? random.Next(800) : random.Next(12);
        var favourite = Pieces[random.Next(Pieces.Length)];
        for (var i = 0; i < pieces && text.Length < LongestLine; i++)
            text.Append(kind == 1 && random.Next(3) > 0 ? favourite : Pieces[random.Next(Pieces.Length)]);
        var line = Encoding.UTF8.GetBytes(text.ToString());
        if (kind is 2 or 3 && line.Length > 0)
            line[random.Next(line.Length)] = (byte)random.Next(256);
        return line;
    }

    private string? BrokenLaw(byte[] line, ref long taken)
    {
        foreach (var canonicalizer in _canonicalizers)
        {
            var error = canonicalizer.TryCanonicalize(line, _first, out var parts);
            var careful = canonicalizer.CanonicalizeCarefully(line, _second, out var carefulParts);
            if (error != careful || (error == CanonicalizationError.None && (parts != carefulParts || !_first.AsSpan(0, parts.Length).SequenceEqual(_second.AsSpan(0, carefulParts.Length)))))
                return "the two ways differ";
            if (error != CanonicalizationError.None)
                continue;

            taken++;
            var once = _first.AsSpan(0, parts.Length);
            if (parts.Length > Canonicalizer.MaxLength(line.Length) || (parts.IsHttp && once.ContainsAnyExceptInRange((byte)'!', (byte)'~')))
                return "a canonical form is too long or not ASCII";
            if (canonicalizer.TryCanonicalize(once, _second, out var again) != CanonicalizationError.None || again != parts with { Applied = AppliedRules.None } || !_second.AsSpan(0, again.Length).SequenceEqual(once))
                return "a canonical form is not its own";
            if (parts.IsHttp && HostKey.Of(once) != Encoding.ASCII.GetString(once.Slice(parts.HostStart, parts.HostLength)))
                return "a canonical form lost its host";
        }

        return null;
    }
}
