using System.Globalization;
using System.Text.RegularExpressions;

namespace Atlas.Pipeline.AcceptanceTests.Crash;

/// <summary>A list without an end, the same every time: of ten lines six are new URLs, two are known ones in disguise, one is a new refused line, one a known one.</summary>
/// <remarks>Every resource has a number of its own, which stands at the end of each of its spellings.</remarks>
internal static partial class CrashLines
{
    private const int Hosts = 50;

    /// <summary>The line of a number, from 0.</summary>
    /// <param name="number">From 0.</param>
    /// <param name="port">Of the scripted web; 0 for hosts that are not there.</param>
    public static string Line(int number, int port) => (number % 10) switch
    {
        0 => Refused(number),
        3 => Url(number - 1, port).Replace("http://h", "HTTP://H", StringComparison.Ordinal) + "#part",
        6 => Refused(number - 6),
        8 => Url(number - 1, port).Replace("http:", "HTTP:", StringComparison.Ordinal),
        _ => Url(number, port),
    };

    /// <summary>What a line, or a row made from one, stands for: refused ones are told apart from the others.</summary>
    public static (bool IsRefused, int Number) KeyOf(string line) =>
        (line.StartsWith("file:", StringComparison.Ordinal), int.Parse(Number().Match(line).Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture));

    private static string Refused(int number) => string.Create(CultureInfo.InvariantCulture, $"file:///lost/{number}");

    private static string Url(int number, int port) => port == 0
        ? string.Create(CultureInfo.InvariantCulture, $"http://host{number % Hosts}.test/{number}")
        : string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.{1 + (number % Hosts)}:{port}/page/300/{number}");

    [GeneratedRegex("/([0-9]+)(#part)?$")]
    private static partial Regex Number();
}
