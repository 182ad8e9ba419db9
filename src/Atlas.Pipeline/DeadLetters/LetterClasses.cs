namespace Atlas.Pipeline.DeadLetters;

/// <summary>The words for kinds of failure.</summary>
internal static class LetterClasses
{
    private static readonly (string Name, ErrorClass Class)[] Words =
    [
        ("transient", ErrorClass.Transient),
        ("rate_limited", ErrorClass.RateLimited),
        ("permanent", ErrorClass.Permanent),
        ("policy", ErrorClass.Policy),
        ("poison", ErrorClass.Poison),
        ("host_down", ErrorClass.HostDown),
        ("local", ErrorClass.Local),
        ("none", ErrorClass.None),
    ];

    public static IReadOnlyList<string> Names { get; } = [.. Words.Select(word => word.Name)];

    public static string NameOf(ErrorClass kind) => Array.Find(Words, word => word.Class == kind).Name;

    public static bool TryParse(string name, out ErrorClass kind)
    {
        var at = Array.FindIndex(Words, word => word.Name == name);
        kind = at < 0 ? ErrorClass.None : Words[at].Class;
        return at >= 0;
    }
}
