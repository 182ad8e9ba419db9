using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace Atlas.Pipeline.DeadLetters;

/// <summary>What the index knows of every letter, each a column.</summary>
internal enum LetterColumn
{
    /// <summary>The number of the letter's row, 8 bytes.</summary>
    Sequence,

    /// <summary>When it was refused or given up, Unix time in milliseconds, 8 bytes.</summary>
    At,

    /// <summary>A hash of its host; 0 if it has none. 8 bytes.</summary>
    Host,

    /// <summary>A hash of the host's registrable domain; 0 if it has none. 8 bytes.</summary>
    Domain,

    /// <summary>The row of its source, 4 bytes.</summary>
    Source,

    /// <summary>The code of its reason, 2 bytes.</summary>
    Reason,

    /// <summary>Attempts, up to 255, 1 byte.</summary>
    Attempts,

    /// <summary>A <see cref="LetterKinds"/>, 1 byte.</summary>
    Kind,

    /// <summary>Where its text ends in that of its block; the highest bit is set where it is not whole. 4 bytes.</summary>
    TextEnd,
}

/// <summary>What a letter is; one that is gone is neither.</summary>
[Flags]
internal enum LetterKinds : byte
{
    None = 0,

    /// <summary>A line that was refused and has no row in the queue.</summary>
    Refused = 1,

    /// <summary>An admitted URL that was given up.</summary>
    Died = 2,

    Any = Refused | Died,
}

/// <summary>A stretch of rows, column by column, as it lies in the file; behind it its <see cref="LetterSeal"/> and the marks of its text.</summary>
internal sealed class LetterBlock
{
    public const int Rows = 32_768;

    public const int Columns = 9;

    /// <summary>Bytes of a block in the file, a whole number of pages.</summary>
    public const int Bytes = MarksStart + TextMarks.Bytes;

    /// <summary>Where the seal stands in the block.</summary>
    public const int SealStart = 44 * Rows;

    /// <summary>Where the marks of its text stand.</summary>
    public const int MarksStart = SealStart + 4_096;

    private static readonly int[] Widths = [8, 8, 8, 8, 4, 2, 1, 1, 4];

    private readonly byte[] _bytes = new byte[Bytes];

    /// <summary>All of it.</summary>
    public Span<byte> Content => _bytes;

    public Span<long> Sequences => Cells<long>(LetterColumn.Sequence);

    public Span<long> Times => Cells<long>(LetterColumn.At);

    public Span<ulong> Hosts => Cells<ulong>(LetterColumn.Host);

    public Span<ulong> Domains => Cells<ulong>(LetterColumn.Domain);

    public Span<int> Sources => Cells<int>(LetterColumn.Source);

    public Span<ushort> Reasons => Cells<ushort>(LetterColumn.Reason);

    public Span<byte> Attempts => Cells<byte>(LetterColumn.Attempts);

    public Span<byte> Kinds => Cells<byte>(LetterColumn.Kind);

    public Span<uint> TextEnds => Cells<uint>(LetterColumn.TextEnd);

    public Span<byte> Marks => _bytes.AsSpan(MarksStart, TextMarks.Bytes);

    /// <summary>Bytes of a cell.</summary>
    public static int WidthOf(LetterColumn column) => Widths[(int)column];

    /// <summary>Where a column begins in the block.</summary>
    public static int StartOf(LetterColumn column)
    {
        var start = 0;
        for (var before = 0; before < (int)column; before++)
            start += Widths[before] * Rows;
        return start;
    }

    /// <summary>Of the first rows of a column. XXH3: it guards against damage and not against forgery.</summary>
    public ulong ChecksumOf(LetterColumn column, int rows) => XxHash3.HashToUInt64(ColumnBytes(column)[..(rows * WidthOf(column))]);

    public Span<byte> ColumnBytes(LetterColumn column) => _bytes.AsSpan(StartOf(column), Rows * WidthOf(column));

    /// <summary>Of its first rows, with its text; it stands in the block then.</summary>
    public LetterSeal Seal(int rows, long textStart, ReadOnlySpan<byte> text, long cut)
    {
        var seal = new LetterSeal { TextStart = textStart, TextLength = text.Length, Cut = cut, TextChecksum = XxHash3.HashToUInt64(text), MarksChecksum = XxHash3.HashToUInt64(Marks) };
        for (LetterColumn column = 0; (int)column < Columns; column++)
            seal[column] = ChecksumOf(column, rows);
        MemoryMarshal.AsBytes(seal.Numbers.AsSpan()).CopyTo(_bytes.AsSpan(SealStart));
        return seal;
    }

    private Span<T> Cells<T>(LetterColumn column)
        where T : struct => MemoryMarshal.Cast<byte, T>(ColumnBytes(column));
}
