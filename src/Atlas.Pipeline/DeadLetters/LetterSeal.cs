namespace Atlas.Pipeline.DeadLetters;

/// <summary>What a block must be to be believed, and where its text lies; as it stands in the file.</summary>
internal sealed class LetterSeal
{
    /// <summary>Numbers of 8 bytes.</summary>
    public const int Words = LetterBlock.Columns + 5;

    public ulong[] Numbers { get; } = new ulong[Words];

    /// <summary>Where the block's text begins in the file of texts.</summary>
    public long TextStart { get => (long)Numbers[LetterBlock.Columns]; set => Numbers[LetterBlock.Columns] = (ulong)value; }

    /// <summary>In bytes.</summary>
    public int TextLength { get => (int)Numbers[LetterBlock.Columns + 1]; set => Numbers[LetterBlock.Columns + 1] = (ulong)value; }

    public ulong TextChecksum { get => Numbers[LetterBlock.Columns + 2]; set => Numbers[LetterBlock.Columns + 2] = value; }

    /// <summary>Of the <see cref="TextMarks"/>.</summary>
    public ulong MarksChecksum { get => Numbers[LetterBlock.Columns + 3]; set => Numbers[LetterBlock.Columns + 3] = value; }

    /// <summary>Letters of which the text is not whole.</summary>
    public long Cut { get => (long)Numbers[LetterBlock.Columns + 4]; set => Numbers[LetterBlock.Columns + 4] = (ulong)value; }

    public long TextEnd => TextStart + TextLength;

    public ulong this[LetterColumn column] { get => Numbers[(int)column]; set => Numbers[(int)column] = value; }
}
