using System.Globalization;
using System.Text;
using Atlas.Pipeline.Fetch;
using BenchmarkDotNet.Attributes;

namespace Atlas.Pipeline.Benchmarks;

/// <summary>What one look at robots.txt costs a URL, and reading a file once a day a host. A file of 200 rules, as large shops have: plain paths, a fifth with stars.</summary>
[MemoryDiagnoser]
public class RobotsBench
{
    private byte[] _file = [];
    private RobotsRules _rules = RobotsRules.AllowAll;
    private RobotsRules _hostile = RobotsRules.AllowAll;
    private byte[] _path = [];
    private byte[] _longPath = [];
    private Uri _url = new("http://h/");
    private Uri _escaped = new("http://h/");

    [GlobalSetup]
    public void Write()
    {
        var text = new StringBuilder("User-agent: *\n");
        for (var i = 0; i < 200; i++)
            text.Append(CultureInfo.InvariantCulture, $"{(i % 10 == 0 ? "Allow" : "Disallow")}: {(i % 5 == 0 ? $"/*/section{i}/*?sort=" : $"/section{i}/private/area")}\n");
        _file = Encoding.ASCII.GetBytes(text.ToString());
        _rules = RobotsParser.Parse(_file, "atlas");
        _path = "/catalogue/section7/an-article-of-some-length-12345.html?lang=en&view=full"u8.ToArray();
        _url = new Uri("https://www.example.com" + Encoding.ASCII.GetString(_path));
        _escaped = new Uri("https://www.example.com/catalogue/caf%C3%A9/" + Encoding.ASCII.GetString(_path));
        _hostile = RobotsParser.Parse(Encoding.ASCII.GetBytes("User-agent: *\n" + string.Concat(Enumerable.Repeat("Disallow: /*a*b\n", 30_000))), "atlas");
        _longPath = Encoding.ASCII.GetBytes("/" + new string('a', 60_000));
        if (!_rules.Allows(_url) || !_rules.Allows(_escaped))
            throw new InvalidOperationException("A path that no rule matches is to be measured, as it costs most.");
    }

    /// <summary>All 200 rules are looked at and none matches.</summary>
    [Benchmark(Baseline = true)]
    public bool Allows() => _rules.Allows(_path, out _);

    /// <summary>The same from a URL, with the path written out.</summary>
    [Benchmark]
    public bool AllowsUrl() => _rules.Allows(_url);

    /// <summary>The same with escapes in the URL, which must be compared in one spelling.</summary>
    [Benchmark]
    public bool AllowsEscapedUrl() => _rules.Allows(_escaped);

    /// <summary>30,000 rules made to be slow, against a path of 60,000 octets.</summary>
    [Benchmark]
    public bool AllowsHostile() => _hostile.Allows(_longPath, out _);

    [Benchmark]
    public int Parse() => RobotsParser.Parse(_file, "atlas").Bytes;
}
