namespace Atlas.Pipeline.DeadLetters;

/// <summary>Which stage gives a reason.</summary>
internal static class LetterStage
{
    public static IReadOnlyList<string> Names { get; } = ["normalize", "classify", "route", "fetch"];

    /// <summary>The stage's word in the YAML. What a source has seen of a line, that it is too long or no UTF-8, is said of <c>normalize</c>, which is where it leaves.</summary>
    public static string Of(Reason reason) =>
        reason == Reason.Malformed || reason == Reason.LineTooLong || reason == Reason.NotUtf8 ? "normalize"
        : reason == Reason.SchemeFile || reason == Reason.SchemeUnsupported || reason == Reason.RuledOut ? "classify"
        : reason == Reason.Unrouted ? "route"
        : "fetch";
}
