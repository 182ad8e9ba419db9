using System.Text;
using Atlas.Urls;

namespace Atlas.Pipeline.Host.Normalizing;

/// <summary>The laws of canonical forms, tried on a user's own lines; a line that breaks one is made as short as it can be and still break it.</summary>
internal sealed class Verification(CanonicalizationRules rules)
{
    private readonly Canonicalizer _canonicalizer = new(rules);

    /// <summary>Tries every line and writes what fails.</summary>
    /// <returns>How many lines broke a law.</returns>
    public int Run(Stream input, TextWriter output)
    {
        var lines = new LineReader(input);
        var count = 0;
        var broken = 0;
        while (lines.TryRead(out var line))
        {
            count++;
            if (BrokenLaw(line) is not { } law)
                continue;
            broken++;
            var shortest = Shrink(line.ToArray(), law);
            output.WriteLine($"line {count}: {law}\n  line     {Encoding.UTF8.GetString(line)}\n  shrunk   {Encoding.UTF8.GetString(shortest)}\n  becomes  {Text(shortest)}\n  and then {(Canonical(shortest) is { } once ? Text(once) : "-")}");
        }

        output.WriteLine($"{count:N0} lines, {broken:N0} broke a law.");
        return broken;
    }

    private string? BrokenLaw(ReadOnlySpan<byte> line)
    {
        try
        {
            if (Canonical(line) is not { } once)
                return null;
            if (Canonical(once) is not { } twice)
                return "a canonical form must be taken again";
            if (!once.AsSpan().SequenceEqual(twice))
                return "a canonical form must be its own canonical form";
            if (once.Length > Canonicalizer.MaxLength(line.Length))
                return "a canonical form must fit its bound";
            return HostKey.Of(once) != HostKey.Of(twice) ? "a canonical form must keep its host" : null;
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            return $"no line may throw ({error.GetType().Name})";
        }
    }

    /// <summary>Leaves out ever smaller pieces for as long as the law stays broken.</summary>
    private byte[] Shrink(byte[] line, string law)
    {
        for (var piece = line.Length / 2; piece > 0; piece = Math.Min(piece / 2, line.Length / 2))
        {
            for (var at = 0; at + piece <= line.Length;)
            {
                byte[] shorter = [.. line[..at], .. line[(at + piece)..]];
                if (BrokenLaw(shorter) == law)
                    line = shorter;
                else
                    at += piece;
            }
        }

        return line;
    }

    private byte[]? Canonical(ReadOnlySpan<byte> line)
    {
        var to = new byte[Canonicalizer.MaxLength(line.Length)];
        return _canonicalizer.TryCanonicalize(line, to, out var result) == CanonicalizationError.None ? to[..result.Length] : null;
    }

    private string Text(ReadOnlySpan<byte> line) => Canonical(line) is { } form ? Encoding.UTF8.GetString(form) : "-";
}
