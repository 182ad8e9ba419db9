using System.Globalization;
using System.Text;

namespace Atlas.Pipeline.Fetch;

/// <summary>Reads a robots.txt (RFC 9309, 2.2) for one crawler. There is no robots.txt that cannot be read: lines without meaning are skipped. Used for one file.</summary>
/// <remarks>
/// Groups for our name are merged, whatever stands between them; the groups for everybody count only where there is none for us. Names are compared whole, without regard to case, up to the first
/// character that no name has.
/// </remarks>
internal sealed class RobotsParser
{
    /// <summary>Sitemap lines that are kept, and the length of the longest of them.</summary>
    public const int MostSitemaps = 100;

    public const int LongestSitemap = 2048;

    private static readonly TimeSpan LongestCrawlDelay = TimeSpan.FromDays(1);

    private readonly byte[] _token;
    private readonly RobotsGroup _ours = new();
    private readonly RobotsGroup _everyones = new();
    private readonly List<string> _sitemaps = [];
    private bool _isOurs;
    private bool _isEveryones;
    private bool _inAgents;
    private bool _hasOurs;

    private RobotsParser(string productToken) => _token = Encoding.ASCII.GetBytes(productToken);

    /// <summary>What the file says to us.</summary>
    /// <param name="file">Its bytes; what is past <see cref="RobotsRules.MaxBytes"/> counts as not written.</param>
    /// <param name="productToken">Our name, without version.</param>
    public static RobotsRules Parse(ReadOnlySpan<byte> file, string productToken)
    {
        var parser = new RobotsParser(productToken);
        parser.Read(file);
        return (parser._hasOurs ? parser._ours : parser._everyones).ToRules(parser._sitemaps);
    }

    private void Read(ReadOnlySpan<byte> file)
    {
        var isCut = file.Length >= RobotsRules.MaxBytes;
        if (isCut)
            file = file[..RobotsRules.MaxBytes];

        // Parts of a byte order mark happen as well.
        foreach (var octet in "\uFEFF"u8)
        {
            if (!file.IsEmpty && file[0] == octet)
                file = file[1..];
            else
                break;
        }

        while (!file.IsEmpty)
        {
            var end = file.IndexOfAny((byte)'\n', (byte)'\r');
            Take(RobotsLine.Read(end < 0 ? file : file[..end]), isBroken: end < 0 && isCut);
            file = end < 0 ? [] : file[(end + 1)..];
        }
    }

    private void Take(RobotsLine line, bool isBroken)
    {
        switch (line.Key)
        {
            case RobotsKey.UserAgent:
                TakeAgent(line.Value);
                break;

            // What is left of a rule that was cut says more than it said: that may forbid, but not allow.
            case RobotsKey.Allow when line.IsCut || isBroken:
                _inAgents = false;
                break;
            case RobotsKey.Allow or RobotsKey.Disallow:
                _inAgents = false;
                AddRule(line.Value, line.Key == RobotsKey.Allow);
                break;
            case RobotsKey.CrawlDelay:
                AddCrawlDelay(line.Value);
                break;
            case RobotsKey.Sitemap when _sitemaps.Count < MostSitemaps && line.Value.Length is > 0 and <= LongestSitemap:
                _sitemaps.Add(Encoding.UTF8.GetString(line.Value));
                break;
            default:
                break;
        }
    }

    private void TakeAgent(ReadOnlySpan<byte> value)
    {
        if (!_inAgents)
            _isOurs = _isEveryones = false;
        _inAgents = true;
        _isEveryones |= value is [(byte)'*'] or [(byte)'*', (byte)' ' or (byte)'\t', ..];

        var length = 0;
        while (length < value.Length && (char.IsAsciiLetterOrDigit((char)value[length]) || value[length] is (byte)'-' or (byte)'_'))
            length++;
        _isOurs |= length > 0 && Ascii.EqualsIgnoreCase(value[..length], _token);
        _hasOurs |= _isOurs;
    }

    private void AddRule(ReadOnlySpan<byte> value, bool allows)
    {
        if (_isOurs)
            _ours.Add(value, allows);
        if (_isEveryones)
            _everyones.Add(value, allows);
    }

    private void AddCrawlDelay(ReadOnlySpan<byte> value)
    {
        if (!double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) || !double.IsFinite(seconds) || seconds <= 0)
            return;
        var delay = seconds < LongestCrawlDelay.TotalSeconds ? TimeSpan.FromSeconds(seconds) : LongestCrawlDelay;
        if (_isOurs)
            _ours.AddCrawlDelay(delay);
        if (_isEveryones)
            _everyones.AddCrawlDelay(delay);
    }
}
