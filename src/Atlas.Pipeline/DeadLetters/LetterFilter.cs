using System.Text;
using Atlas.Urls;

namespace Atlas.Pipeline.DeadLetters;

/// <summary>Which dead letters are wanted: those that fit everything that is set. Of several values of one kind, any will do.</summary>
internal sealed record LetterFilter
{
    /// <summary>All of them.</summary>
    public static LetterFilter All { get; } = new();

    public IReadOnlyList<Reason> Reasons { get; init; } = [];

    public IReadOnlyList<ErrorClass> Classes { get; init; } = [];

    /// <summary>Of <see cref="LetterStage.Names"/>.</summary>
    public IReadOnlyList<string> Stages { get; init; } = [];

    /// <summary>As <see cref="TryParseHost"/> gives them.</summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary>Registrable domains, with every host under them; as <see cref="TryParseHost"/> gives them.</summary>
    public IReadOnlyList<string> Domains { get; init; } = [];

    public IReadOnlyList<string> Sources { get; init; } = [];

    /// <summary>Refused or given up then or later.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Refused or given up before.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Refused or given up at least so long ago, whenever that is asked.</summary>
    public TimeSpan? OlderThan { get; init; }

    /// <summary>Refused or given up less long ago.</summary>
    public TimeSpan? NewerThan { get; init; }

    /// <summary>Tried at least so often, up to 255.</summary>
    public int MinAttempts { get; init; }

    /// <summary>What the line, its error or the name of its reason has in it, in any case of ASCII letters; null for anything.</summary>
    public string? Text { get; init; }

    public LetterKinds Kinds { get; init; } = LetterKinds.Any;

    /// <summary>Whether a reason fits what is said of reasons, classes and stages.</summary>
    public bool Wants(Reason reason) =>
        (Reasons.Count == 0 || Reasons.Contains(reason))
        && (Classes.Count == 0 || Classes.Contains(reason.Class))
        && (Stages.Count == 0 || Stages.Contains(LetterStage.Of(reason)));

    /// <summary>Whether anything is said of reasons, classes and stages.</summary>
    public bool AsksForReasons => Reasons.Count + Classes.Count + Stages.Count > 0;

    /// <summary>The first and the last moment that fit, as Unix time in milliseconds.</summary>
    public (long From, long To) TimesAt(DateTimeOffset now)
    {
        var (from, to) = (long.MinValue, long.MaxValue);
        if (Since is { } since)
            from = since.ToUnixTimeMilliseconds();
        if (NewerThan is { } newer)
            from = Math.Max(from, Before(newer) + 1);
        if (Until is { } until)
            to = until.ToUnixTimeMilliseconds() - 1;
        if (OlderThan is { } older)
            to = Math.Min(to, Before(older));
        return (from, to);

        long Before(TimeSpan age) => now.ToUnixTimeMilliseconds() - (long)age.TotalMilliseconds;
    }

    /// <summary>A host in any spelling, as canonical forms have it.</summary>
    /// <param name="text">As it was given; without a port, as letters are found by the host alone.</param>
    /// <param name="host">In lower case, international names in their ASCII form.</param>
    public static bool TryParseHost(string text, out string host)
    {
        host = HostKey.Of(Encoding.UTF8.GetBytes($"http://{text}/"));
        return host.Length > 0 && text.IndexOfAny(['/', '?', '#', '@', ' ']) < 0 && host.LastIndexOf(':') <= host.LastIndexOf(']');
    }

    /// <summary>What the filter is known by: see <see cref="LetterFilterText"/>.</summary>
    public override string ToString() => LetterFilterText.Of(this);
}
