using System.Diagnostics;
using System.Text;

namespace Atlas.Urls.Tests;

/// <summary>Lines made to take long take as long as their length, and no memory.</summary>
public sealed class WorstCaseTests
{
    private const int Short = 1024;

    private const int Long = 8 * Short;

    private static readonly Canonicalizer[] Canonicalizers =
    [
        new(new CanonicalizationRules()),
        new(new CanonicalizationRules { FoldWww = true, FoldTrailingSlash = true, DropSessionIds = true, AcceptSchemeless = true }),
    ];

    public static TheoryData<string, string> Lines => new()
    {
        { "http://h/?", "a&" },
        { "http://h/?", "z&y&x&q&p&m&d&c&b&a&" },
        { "http://h/?", "=&" },
        { "http://h/?", "'&" },
        { "http://h/?", "%c3&%C2&" },
        { "http://h/?", "zaaaaaaaaaaaz=&zaaaaaaaaaaay=&" },
        { "http://h/?", "utm_x&" },
        { "http://youtube.com/?", "si&" },
        { "http://a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.youtube.com/?", "si&" },
        { "http://h/?", "cfid=1&" },
        { "http://h/?", "sid=0123456789abcdef0123456789abcdef&" },
        { "http://h", "/.." },
        { "http://h", "/a/.." },
        { "http://h/./", "/.a" },
        { "http://h", "/" },
        { "http://h", "/;" },
        { "http://h", "/(" },
        { "http://h", "/;jsessionid=0123456789abcdef" },
        { "http://h", "/(S(0123456789abcdefghijklmn))" },
        { "http://h/", ";" },
        { "http://h/", "%" },
        { "http://h/", "%41" },
        { "http://h/", "é" },
        { "http://h/#!", "é" },
        { "http://u", "@" },
        { "http://u", ":" },
    };

    [Theory]
    [MemberData(nameof(Lines))]
    public void Eight_times_the_line_takes_about_eight_times_as_long(string start, string repeated)
    {
        var (ofShort, ofLong) = (Line(start, repeated, Short), Line(start, repeated, Long));
        var to = new byte[Canonicalizer.MaxLength(Long)];

        foreach (var canonicalizer in Canonicalizers)
        {
            var (best, bestOfLong) = (long.MaxValue, long.MaxValue);
            // Whatever else the machine does can only make runs longer, so the shortest count; what was quadratic took 64 times as long.
            for (var run = 0; run < 300 && (run < 50 || bestOfLong > 16 * best); run++)
            {
                best = Math.Min(best, Ticks(canonicalizer, ofShort, to));
                bestOfLong = Math.Min(bestOfLong, Ticks(canonicalizer, ofLong, to));
            }

            Assert.True(bestOfLong <= 16 * best, $"{bestOfLong} against {best} ticks");
        }
    }

    [Theory]
    [MemberData(nameof(Lines))]
    public void No_line_takes_memory(string start, string repeated)
    {
        var line = Line(start, repeated, Long);
        var to = new byte[Canonicalizer.MaxLength(Long)];

        foreach (var canonicalizer in Canonicalizers)
        {
            // The pool may be empty at first, and whenever the garbage collector has thinned it.
            var allocated = long.MaxValue;
            for (var run = 0; run < 10 && allocated > 0; run++)
            {
                var before = GC.GetAllocatedBytesForCurrentThread();
                canonicalizer.TryCanonicalize(line, to, out _);
                allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            }

            Assert.Equal(0, allocated);
        }
    }

    private static byte[] Line(string start, string repeated, int length)
    {
        var line = new StringBuilder(start);
        while (line.Length < length)
            line.Append(repeated);
        return Encoding.UTF8.GetBytes(line.ToString())[..length];
    }

    /// <summary>Of eight calls, so that the clock's steps don't matter.</summary>
    private static long Ticks(Canonicalizer canonicalizer, byte[] line, byte[] to)
    {
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < 8; i++)
            canonicalizer.TryCanonicalize(line, to, out _);
        return Stopwatch.GetTimestamp() - start;
    }
}
