namespace Atlas.Pipeline.DeadLetters;

/// <summary>Which letters a replay would take.</summary>
/// <param name="Letters">Their places, the oldest first.</param>
/// <param name="ReplayedBefore">Letters that fit and that the same filter has replayed before, in vain: these are left out, so that what dies again and again does not go round.</param>
/// <param name="HeldBack">Letters that fit and whose host or reason is held back.</param>
internal sealed record ReplayPlan(IReadOnlyList<LetterPlace> Letters, long ReplayedBefore, long HeldBack);
