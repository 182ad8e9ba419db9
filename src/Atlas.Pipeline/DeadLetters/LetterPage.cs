using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.DeadLetters;

/// <summary>Some of the letters that fit.</summary>
/// <param name="Letters">The newest first.</param>
/// <param name="Count">How many fit in all; null where that was not counted.</param>
/// <param name="Next">What the next page comes after; null where this is the last.</param>
internal sealed record LetterPage(IReadOnlyList<Letter> Letters, long? Count, LetterPlace? Next);
