using System.Buffers;
using System.Text;
using Atlas.Urls;

namespace Atlas.Pipeline.Host.Normalizing;

/// <summary>What holds of canonical forms whatever the rules are.</summary>
/// <param name="rules">What was chosen.</param>
/// <param name="formOf">The canonicalizer that is tried; null where a line has no form.</param>
internal sealed class KeyLaws(CanonicalizationRules rules, Func<byte[], CanonicalForm?> formOf)
{
    // Only says which rules there was a reason to apply.
    private readonly Canonicalizer _tracer = new(rules);

    /// <summary>The form of a line; null if it has none, or throws.</summary>
    public byte[]? FormOf(byte[] line)
    {
        try
        {
            return formOf(line)?.Bytes;
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            return null;
        }
    }

    /// <summary>The law that a line breaks; null if none.</summary>
    public string? BrokenBy(byte[] line)
    {
        try
        {
            if (formOf(line) is not { } once)
                return null;
            if (formOf(once.Bytes) is not { } twice)
                return "a canonical form must be taken again";
            if (!once.Bytes.AsSpan().SequenceEqual(twice.Bytes))
                return "a canonical form must be its own canonical form";
            if (once.Bytes.Length > Canonicalizer.MaxLength(line.Length))
                return "a canonical form must fit its bound";
            if (once.Parts with { Applied = twice.Parts.Applied } != twice.Parts || !HasItsHost(once))
                return "the parts of a canonical form must be found in it again";
            if (DifferenceFromForm(line, once.Bytes) is { } part)
                return $"a canonical form must be what its line is, but for the rules: another {part}";
            return twice.Parts.Applied == AppliedRules.None ? null : $"a canonical form must need no rule: {twice.Parts.Applied}";
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            return $"no line may throw ({error.GetType().Name})";
        }
    }

    /// <summary>The law that two lines break together; null if none.</summary>
    public string? BrokenBy(byte[] line, byte[] other) =>
        !line.AsSpan().SequenceEqual(other) && FormOf(line) is { } form && FormOf(other) is { } otherForm && form.AsSpan().SequenceEqual(otherForm) && Read(line).DifferenceFrom(Read(other)) is { } part
            ? $"lines of one key must be the same, but for the rules: another {part}"
            : null;

    private static bool HasItsHost(CanonicalForm form)
    {
        if (!form.Parts.IsHttp)
            return form.Parts.HostLength == 0;
        var text = Encoding.Latin1.GetString(form.Bytes);
        var authority = text[(text.IndexOf("://", StringComparison.Ordinal) + 3)..].Split('/')[0];
        var host = text.Substring(form.Parts.HostStart, form.Parts.HostLength);
        return host == authority.Split('@')[^1] && host == HostKey.Of(form.Bytes);
    }

    /// <summary>The part in which a line, brought to what the rules make of it, differs from its form, which is taken as it stands.</summary>
    private string? DifferenceFromForm(byte[] line, byte[] form) =>
        line.AsSpan().SequenceEqual(form) ? null : Read(line).DifferenceFrom(PlainUrl.Of(PlainRules.Bytes(TextOf(form)), rules, new HashSet<CanonicalizationRule>()));

    private PlainUrl Read(byte[] line)
    {
        var text = TextOf(line);
        var applied = CanonicalizationTrace.Of(text, _tracer, out _).Select(step => step.Applied).ToHashSet();
        return PlainUrl.Of(PlainRules.Bytes(text), rules, applied);
    }

    /// <summary>The line as text; a byte that is no UTF-8 as its <c>%XX</c>, which is the same in a URL.</summary>
    private static string TextOf(ReadOnlySpan<byte> line)
    {
        var text = new StringBuilder(line.Length);
        while (!line.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(line, out var rune, out var length) == OperationStatus.Done)
                text.Append(rune);
            else
                text.Append(string.Concat(line[..length].ToArray().Select(value => $"%{value:X2}")));
            line = line[length..];
        }

        return text.ToString();
    }
}
