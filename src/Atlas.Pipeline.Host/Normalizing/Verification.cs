using System.Text;
using Atlas.Urls;

namespace Atlas.Pipeline.Host.Normalizing;

/// <summary>The laws of canonical forms, tried on a user's own lines, each by itself and with the first that has the same key; what breaks one is shown as short as it can be and still break it.</summary>
internal sealed class Verification
{
    /// <summary>Counter-examples of one law that are shown; more are only counted.</summary>
    private const int MostShown = 10;

    private readonly KeyLaws _laws;
    private readonly bool _readsJson;
    private readonly Dictionary<string, int> _broken = [];

    /// <param name="rules">What was chosen.</param>
    /// <param name="formOf">The canonicalizer that is tried; that of the rules if null.</param>
    /// <param name="readsJson">Every line is a JSON string; what is none breaks no law.</param>
    public Verification(CanonicalizationRules rules, Func<byte[], CanonicalForm?>? formOf = null, bool readsJson = false)
    {
        _readsJson = readsJson;
        var canonicalizer = new Canonicalizer(rules);
        _laws = new KeyLaws(rules, formOf ?? (line => CanonicalForm.Of(canonicalizer, line)));
    }

    /// <summary>Tries every line and writes what fails.</summary>
    /// <param name="input">The lines. If it cannot be read anywhere, lines of one key are not compared with each other.</param>
    /// <param name="output">For the counter-examples.</param>
    /// <returns>How many lines broke a law.</returns>
    public int Run(Stream input, TextWriter output)
    {
        var lines = new LineReader(input);
        var first = input.CanSeek ? new FirstLines(input) : null;
        var count = 0;
        var broken = 0;
        while (lines.TryRead(out var bytes))
        {
            count++;
            if (UrlIn(bytes) is not { } line)
                continue;
            var isBroken = false;
            if (_laws.BrokenBy(line) is { } law)
            {
                isBroken = true;
                Show(law, output, () => ShowLine(law, line, count, output));
            }

            if (first is not null && _laws.FormOf(line) is { } form && first.Before(ContentId.Of(form), lines.LineAt, count) is { } earlier
                && UrlIn(earlier.Line) is { } earlierLine && _laws.BrokenBy(earlierLine, line) is { } lawOfTwo)
            {
                isBroken = true;
                Show(lawOfTwo, output, () => ShowTwo(lawOfTwo, earlierLine, earlier.Number, line, count, output));
            }

            broken += isBroken ? 1 : 0;
        }

        if (first is null)
            output.WriteLine("Lines of one key were not compared with each other, as this can only be read once.");
        else if (first.IsFull)
            output.WriteLine($"Only lines that have one of the first {FirstLines.MostKeys:N0} keys were compared with each other.");
        output.WriteLine($"{count:N0} lines, {broken:N0} broke a law.");
        return broken;
    }

    private byte[]? UrlIn(ReadOnlySpan<byte> line) => !_readsJson ? line.ToArray() : JsonLiteral.TryRead(line, out var text) ? text : null;

    private void Show(string law, TextWriter output, Action show)
    {
        var shown = _broken[law] = _broken.GetValueOrDefault(law) + 1;
        if (shown <= MostShown)
            show();
        else if (shown == MostShown + 1)
            output.WriteLine($"{law}: more of these are only counted.");
    }

    private void ShowLine(string law, byte[] line, int number, TextWriter output)
    {
        var shortest = Shrinking.Shrink(line, shorter => _laws.BrokenBy(shorter) == law);
        var form = _laws.FormOf(shortest);
        output.WriteLine($"line {number}: {law}\n  line     {Text(line)}\n  shrunk   {Text(shortest)}\n  becomes  {Text(form)}\n  and then {Text(form is null ? null : _laws.FormOf(form))}");
    }

    private void ShowTwo(string law, byte[] first, int firstNumber, byte[] second, int number, TextWriter output)
    {
        var (one, other) = Shrinking.Shrink(first, second, (shorter, shorterOther) => _laws.BrokenBy(shorter, shorterOther) == law);
        output.WriteLine($"lines {firstNumber} and {number}: {law}\n  line     {Text(first)}\n  line     {Text(second)}\n  shrunk   {Text(one)}\n  shrunk   {Text(other)}\n  become   {Text(_laws.FormOf(one))}");
    }

    private static string Text(byte[]? line) => line is null ? "-" : Encoding.UTF8.GetString(line);
}
