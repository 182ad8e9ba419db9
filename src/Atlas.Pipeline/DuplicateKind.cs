using System.Numerics;
using Atlas.Urls;

namespace Atlas.Pipeline;

/// <summary>What kind of duplicate a line is: by the most telling rule that its own spelling needed, so that each is of one kind and the kinds add up.</summary>
/// <remarks>It says nothing of the line that came first: the same dirty line twice is of the kind of its dirt.</remarks>
internal static class DuplicateKind
{
    /// <summary>All names, by number; the first is of lines that are canonical as they stand, the others are <see cref="AppliedRules"/> in its order. They are stored, so they never change.</summary>
    public static readonly IReadOnlyList<string> Names =
    [
        "canonical", "scheme", "white_space", "host_case", "escapes", "path", "empty_parameters", "fragment", "port", "user_info", "host_notation", "trailing_slash",
        "www", "parameter_order", "parameters", "session_id",
    ];

    public static int Count => Names.Count;

    /// <summary>The number of the kind, from 0 and below <see cref="Count"/>.</summary>
    public static int Of(AppliedRules applied) => 32 - BitOperations.LeadingZeroCount((uint)applied);
}
