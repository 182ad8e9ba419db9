namespace Atlas.Pipeline.DeadLetters;

/// <summary>A letter's place in the order of time.</summary>
/// <param name="At">When it was refused or given up, Unix time in milliseconds.</param>
/// <param name="Sequence">The number of its row, which decides between letters of one moment.</param>
internal readonly record struct LetterPlace(long At, long Sequence) : IComparable<LetterPlace>
{
    public int CompareTo(LetterPlace other) => At != other.At ? At.CompareTo(other.At) : Sequence.CompareTo(other.Sequence);
}
