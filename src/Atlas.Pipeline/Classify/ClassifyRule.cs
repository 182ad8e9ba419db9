using System.Text;

namespace Atlas.Pipeline.Classify;

/// <summary>One rule: what a URL must look like, and what becomes of it then. An absent condition always holds.</summary>
internal sealed record ClassifyRule
{
    /// <summary>The scheme, in lower case, without the colon.</summary>
    public byte[]? Scheme { get; init; }

    /// <summary>The host, in lower case and without port; with <see cref="AnySubdomain"/>, the suffix that starts with a dot.</summary>
    public byte[]? Host { get; init; }

    /// <summary>Written <c>*.example.org</c>: any host below it, itself not included.</summary>
    public bool AnySubdomain { get; init; }

    /// <summary>What the path starts with, upper and lower case apart.</summary>
    public byte[]? PathPrefix { get; init; }

    /// <summary>What the path ends in, in any case, without query and fragment.</summary>
    public byte[]? Suffix { get; init; }

    /// <summary>Null leaves it to the scheme: such a rule gives a priority only.</summary>
    public ProcessingStrategy? Strategy { get; init; }

    public PriorityClass Priority { get; init; } = PriorityClass.Normal;

    public bool Matches(ReadOnlySpan<byte> scheme, ReadOnlySpan<byte> host, ReadOnlySpan<byte> path) =>
        (Scheme is null || scheme.SequenceEqual(Scheme))
        && (Host is null || (AnySubdomain ? host.Length > Host.Length && host.EndsWith(Host) : host.SequenceEqual(Host)))
        && (PathPrefix is null || path.StartsWith(PathPrefix))
        && (Suffix is null || (path.Length >= Suffix.Length && Ascii.EqualsIgnoreCase(path[^Suffix.Length..], Suffix)));
}
