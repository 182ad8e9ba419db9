namespace Atlas.Pipeline.DeadLetters;

/// <summary>The index is not what was written: it is built anew from the ledger.</summary>
internal sealed class LetterIndexDamagedException() : Exception("The index of the dead letters is damaged.");
