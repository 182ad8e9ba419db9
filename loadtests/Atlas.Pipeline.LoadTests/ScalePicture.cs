using System.Globalization;
using System.Text;

namespace Atlas.Pipeline.LoadTests;

/// <summary>A scale run as a picture: the rate and the memory over the URLs known, each on an axis that begins at zero.</summary>
internal static class ScalePicture
{
    private const int Width = 640;
    private const int Height = 300;
    private const int Left = 60;
    private const int Right = 70;
    private const int Top = 40;
    private const int Bottom = 50;

    public static string Of(IReadOnlyList<ScalePoint> points)
    {
        var svg = new StringBuilder();
        svg.AppendLine(CultureInfo.InvariantCulture, $"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {Height}" font-family="sans-serif" font-size="12">""");
        svg.AppendLine(CultureInfo.InvariantCulture, $"""<rect width="{Width}" height="{Height}" fill="white"/>""");
        var rates = new Axis(points.Max(point => point.MillionsPerSecond), 0.25);
        var memories = new Axis(points.Max(point => point.ResidentMiB), 512);
        for (var step = 0; step <= Axis.Steps; step++)
        {
            var y = Y(step / (double)Axis.Steps);
            svg.AppendLine(CultureInfo.InvariantCulture, $"""<line x1="{Left}" x2="{Width - Right}" y1="{y}" y2="{y}" stroke="#ddd"/>""");
            svg.AppendLine(CultureInfo.InvariantCulture, $"""<text x="{Left - 8}" y="{y + 4}" text-anchor="end" fill="#1f5fa8">{rates.At(step):0.##}</text><text x="{Width - Right + 8}" y="{y + 4}" fill="#b5521b">{memories.At(step):0}</text>""");
        }

        foreach (var point in points)
            svg.AppendLine(CultureInfo.InvariantCulture, $"""<text x="{X(point)}" y="{Height - Bottom + 18}" text-anchor="middle">{point.Urls / 1e6:0.#}</text>""");
        svg.AppendLine(CultureInfo.InvariantCulture, $"""<text x="{(Left + Width - Right) / 2}" y="{Height - 12}" text-anchor="middle">million URLs known</text>""");
        Line("#1f5fa8", point => point.MillionsPerSecond / rates.End, Left, "start", "million new URLs a second, durable");
        Line("#b5521b", point => point.ResidentMiB / memories.End, Width - Right, "end", "MiB resident");
        return svg.AppendLine("</svg>").ToString();

        void Line(string colour, Func<ScalePoint, double> share, int nameX, string anchor, string name)
        {
            var places = string.Join(' ', points.Select(point => string.Create(CultureInfo.InvariantCulture, $"{X(point)},{Y(share(point))}")));
            svg.AppendLine(CultureInfo.InvariantCulture, $"""<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="2"/>""");
            svg.AppendLine(CultureInfo.InvariantCulture, $"""<text x="{nameX}" y="{Top - 16}" text-anchor="{anchor}" fill="{colour}">{name}</text>""");
        }

        int X(ScalePoint point) => Left + (int)((Width - Left - Right) * (point.Urls / (double)points[^1].Urls));
    }

    private static int Y(double share) => Height - Bottom - (int)((Height - Top - Bottom) * share);

    /// <summary>From zero to the first round end above what is shown.</summary>
    private readonly record struct Axis(double Most, double Round)
    {
        public const int Steps = 4;

        public double End => Math.Ceiling(Most / Round) * Round;

        public double At(int step) => End * step / Steps;
    }
}
