using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using Atlas.Pipeline.Ledger;

namespace Atlas.Pipeline.DeadLetters;

/// <summary>The index as files: <c>columns</c>, blocks of rows, <c>text</c>, what is searched of each block, and <c>head</c>, which says how much of them counts. One caller at a time.</summary>
/// <remarks>
/// The head is replaced last and as a whole: what a process left behind the rows that it names was never there. It also has the seal of the last block, which may not be full; full blocks have theirs behind them, and the head has a checksum of these: so columns that are older than the head, whole as they may be, are not taken for what belongs to it.
/// Checksums are compared when a column is read. Nothing is synced for its own sake, as a power failure that takes some of it makes checksums that do not hold.
/// </remarks>
internal sealed class LetterFiles : IDisposable
{
    /// <summary>The name of the file that counts.</summary>
    public const string Head = "head";

    /// <summary>A text that is not whole, in the column of ends.</summary>
    public const uint IsCut = 1U << 31;

    private const uint Magic = 0x334C_5441;
    private const int HeadBytes = 4 + 32 + (5 * sizeof(long)) + (LetterSeal.Words * sizeof(ulong)) + (2 * sizeof(ulong));

    /// <summary>Bytes of a block's text at most.</summary>
    private const int MostText = LetterBlock.Rows * LetterText.MostBytes;

    private readonly IDisk _disk;
    private readonly string _headFile;
    private readonly IDiskFile _columns, _text;
    private readonly LetterBlock _read = new();
    private readonly LetterBlock _last = new();
    private readonly LetterSeal _lastSeal = new();
    private readonly List<LetterSeal> _seals = [];
    private readonly byte[] _marks = new byte[TextMarks.Bytes];

    // Of the block that was asked for last, and of the one that grows: 42 MB at most, where every line is long.
    private byte[] _readText = [];
    private byte[] _lastText = new byte[1 << 20];
    private int _lastTextLength;
    private long _lastCut;

    private ulong _sealsChecksum;
    private bool _isLastWhole;

    /// <summary>Opens the files of a directory, which are made where there are none.</summary>
    /// <exception cref="IOException">The disk is full, or is none to write on.</exception>
    public LetterFiles(string directory, IDisk disk)
    {
        _disk = disk;
        _headFile = Path.Combine(directory, Head);
        _columns = disk.Open(Path.Combine(directory, "columns"));
        _text = disk.Open(Path.Combine(directory, "text"));
        if (!ReadHead() || !ReadSeals())
            Clear("");
    }

    /// <summary>The ledger that the rows are of; empty when there are none.</summary>
    public string LedgerId { get; private set; } = "";

    public LetterCursors Cursors { get; private set; }

    /// <summary>Rows, with those that are gone.</summary>
    public long Rows { get; private set; }

    /// <summary>Rows that are gone.</summary>
    public long Gone { get; private set; }

    public int Blocks => (int)((Rows + LetterBlock.Rows - 1) / LetterBlock.Rows);

    /// <summary>Where the text of the last block begins.</summary>
    private long TextStart => _seals.Count > 0 ? _seals[^1].TextEnd : 0;

    private ReadOnlySpan<byte> LastText => _lastText.AsSpan(0, _lastTextLength);

    private int LastRows => (int)(Rows % LetterBlock.Rows);

    /// <summary>Rows in a block.</summary>
    public int RowsIn(int block) => block == (int)(Rows / LetterBlock.Rows) ? LastRows : LetterBlock.Rows;

    /// <summary>Begins anew, for a ledger.</summary>
    public void Clear(string ledgerId)
    {
        LedgerId = ledgerId;
        (Cursors, Rows, Gone, _isLastWhole, _lastTextLength) = (default, 0, 0, true, 0);
        _lastCut = 0;
        _seals.Clear();
        _last.Marks.Clear();
    }

    /// <summary>The cells of one column of a block; valid until the same column is read again.</summary>
    /// <exception cref="LetterIndexDamagedException">They are not what was written.</exception>
    public Span<T> Read<T>(int block, LetterColumn column)
        where T : struct
    {
        var rows = RowsIn(block);
        var bytes = _read.ColumnBytes(column)[..(rows * LetterBlock.WidthOf(column))];
        Fill(_columns, bytes, StartOf(block) + LetterBlock.StartOf(column), SealOf(block)[column]);
        return MemoryMarshal.Cast<byte, T>(bytes);
    }

    /// <summary>The text of a block; valid until another one is read.</summary>
    /// <exception cref="LetterIndexDamagedException">It is not what was written.</exception>
    public ReadOnlySpan<byte> ReadText(int block)
    {
        var seal = SealOf(block);
        if (_readText.Length < seal.TextLength)
            _readText = new byte[Math.Max(seal.TextLength, Math.Min(2 * _readText.Length, MostText))];
        var text = _readText.AsSpan(0, seal.TextLength);
        Fill(_text, text, seal.TextStart, seal.TextChecksum);
        return text;
    }

    /// <summary>Whether a block has letters of which the text is not whole.</summary>
    public bool HasCut(int block) => SealOf(block).Cut > 0;

    /// <summary>What may stand in the text of a block; valid until another one is asked for.</summary>
    /// <exception cref="LetterIndexDamagedException">It is not what was written.</exception>
    public ReadOnlySpan<byte> ReadMarks(int block)
    {
        Fill(_columns, _marks, StartOf(block) + LetterBlock.MarksStart, SealOf(block).MarksChecksum);
        return _marks;
    }

    /// <summary>Appends a row; it counts after <see cref="Commit"/>.</summary>
    public void Append(in ScannedLetter letter, ulong host, ulong domain)
    {
        if (!_isLastWhole)
            ReadLast();
        var row = LastRows;
        _last.Sequences[row] = letter.Sequence;
        _last.Times[row] = letter.At;
        _last.Hosts[row] = host;
        _last.Domains[row] = domain;
        _last.Sources[row] = letter.Source;
        _last.Reasons[row] = letter.Reason;
        _last.Attempts[row] = (byte)Math.Clamp(letter.Attempts, 0, byte.MaxValue);
        _last.Kinds[row] = (byte)(letter.WasAdmitted ? LetterKinds.Died : LetterKinds.Refused);
        _last.TextEnds[row] = AppendText(letter);
        Rows++;
        if (row + 1 < LetterBlock.Rows)
            return;
        WriteLast(LetterBlock.Rows);
        _seals.Add(_last.Seal(LetterBlock.Rows, TextStart, LastText, _lastCut));
        (_lastTextLength, _lastCut) = (0, 0);
        _last.Marks.Clear();
    }

    /// <summary>Marks the rows of some letters as gone, wherever they stand.</summary>
    public void TakeAway(IReadOnlyList<long> sequences)
    {
        WriteLast(LastRows);
        var set = new SequenceSet(sequences);
        for (var block = 0; block < Blocks; block++)
        {
            var inBlock = Read<long>(block, LetterColumn.Sequence);
            Span<byte> kinds = [];
            var taken = 0;
            for (var row = 0; row < inBlock.Length; row++)
            {
                if (!set.Contains(inBlock[row]))
                    continue;
                if (kinds.IsEmpty)
                    kinds = Read<byte>(block, LetterColumn.Kind);
                if (kinds[row] == 0)
                    continue;
                kinds[row] = 0;
                taken++;
            }

            if (taken > 0)
                WriteKinds(block, kinds);
            Gone += taken;
        }
    }

    /// <summary>From now on what was appended and taken away counts.</summary>
    /// <param name="cursors">How far the ledger was followed.</param>
    public void Commit(LetterCursors cursors)
    {
        WriteLast(LastRows);
        Cursors = cursors;
        Span<byte> head = stackalloc byte[HeadBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(head, Magic);
        System.Text.Encoding.ASCII.GetBytes(LedgerId, head[4..36]);
        var rest = head[36..];
        foreach (var number in (ReadOnlySpan<long>)[cursors.Refused, cursors.Died, cursors.Gone, Rows, Gone])
        {
            BinaryPrimitives.WriteInt64LittleEndian(rest, number);
            rest = rest[sizeof(long)..];
        }

        foreach (var number in _lastSeal.Numbers)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(rest, number);
            rest = rest[sizeof(ulong)..];
        }

        BinaryPrimitives.WriteUInt64LittleEndian(rest, ChecksumOfSeals());
        BinaryPrimitives.WriteUInt64LittleEndian(rest[sizeof(ulong)..], XxHash3.HashToUInt64(head[..^sizeof(ulong)]));
        _disk.Replace(_headFile, head);
    }

    public void Dispose()
    {
        _columns.Dispose();
        _text.Dispose();
    }

    private static long StartOf(int block) => (long)block * LetterBlock.Bytes;

    private bool ReadHead()
    {
        if (!_disk.Exists(_headFile) || _disk.ReadAll(_headFile) is not { Length: HeadBytes } head || BinaryPrimitives.ReadUInt32LittleEndian(head) != Magic
            || XxHash3.HashToUInt64(head.AsSpan(0, HeadBytes - sizeof(ulong))) != BinaryPrimitives.ReadUInt64LittleEndian(head.AsSpan(HeadBytes - sizeof(ulong))))
            return false;
        LedgerId = System.Text.Encoding.ASCII.GetString(head, 4, 32);
        Cursors = new LetterCursors(Number(0), Number(1), Number(2));
        (Rows, Gone) = (Number(3), Number(4));
        for (var number = 0; number < LetterSeal.Words; number++)
            _lastSeal.Numbers[number] = (ulong)Number(5 + number);
        _sealsChecksum = (ulong)Number(5 + LetterSeal.Words);
        _isLastWhole = LastRows == 0;
        return Rows >= 0 && IsRight(_lastSeal);

        long Number(int at) => BinaryPrimitives.ReadInt64LittleEndian(head.AsSpan(36 + (at * sizeof(long))));
    }

    /// <summary>False where they are not those that the head was written with.</summary>
    private bool ReadSeals()
    {
        for (var block = 0; block < Rows / LetterBlock.Rows; block++)
        {
            var seal = new LetterSeal();
            var bytes = MemoryMarshal.AsBytes(seal.Numbers.AsSpan());
            if (_columns.Read(bytes, StartOf(block) + LetterBlock.SealStart) < bytes.Length || !IsRight(seal))
                return false;
            _seals.Add(seal);
        }

        return ChecksumOfSeals() == _sealsChecksum;
    }

    private static bool IsRight(LetterSeal seal) => seal.TextStart >= 0 && seal.TextLength is >= 0 and <= MostText;

    private ulong ChecksumOfSeals()
    {
        var hash = new XxHash3();
        foreach (var seal in _seals)
            hash.Append(MemoryMarshal.AsBytes(seal.Numbers.AsSpan()));
        return hash.GetCurrentHashAsUInt64();
    }

    /// <summary>The last block is held as a whole while it grows.</summary>
    private void ReadLast()
    {
        for (LetterColumn column = 0; (int)column < LetterBlock.Columns; column++)
            Read<byte>(Blocks - 1, column).CopyTo(_last.ColumnBytes(column));
        ReadMarks(Blocks - 1).CopyTo(_last.Marks);
        var text = ReadText(Blocks - 1);
        Reserve(text.Length);
        text.CopyTo(_lastText);
        (_lastTextLength, _lastCut, _isLastWhole) = (text.Length, _lastSeal.Cut, true);
    }

    /// <summary>What the last block has, full or not, goes to the files.</summary>
    private void WriteLast(int rows)
    {
        if (!_isLastWhole || rows == 0)
            return;
        var seal = _last.Seal(rows, TextStart, LastText, _lastCut);
        seal.Numbers.CopyTo(_lastSeal.Numbers.AsSpan());
        _columns.Write(_last.Content, StartOf(Blocks - 1));
        _text.Write(LastText, TextStart);
    }

    /// <returns>Its end, as it stands in the column.</returns>
    private uint AppendText(in ScannedLetter letter)
    {
        Reserve(_lastTextLength + LetterText.MostBytes);
        var into = _lastText.AsSpan(_lastTextLength);
        var length = LetterText.Write(letter, into, out var isWhole);
        TextMarks.Add(_last.Marks, into[..length]);
        _lastTextLength += length;
        _lastCut += isWhole ? 0 : 1;
        return (uint)_lastTextLength | (isWhole ? 0 : IsCut);
    }

    private void Reserve(int bytes)
    {
        if (_lastText.Length < bytes)
            Array.Resize(ref _lastText, Math.Max(bytes, 2 * _lastText.Length));
    }

    private static void Fill(IDiskFile file, Span<byte> bytes, long from, ulong checksum)
    {
        if (file.Read(bytes, from) < bytes.Length || XxHash3.HashToUInt64(bytes) != checksum)
            throw new LetterIndexDamagedException();
    }

    private void WriteKinds(int block, ReadOnlySpan<byte> kinds)
    {
        _columns.Write(kinds, StartOf(block) + LetterBlock.StartOf(LetterColumn.Kind));
        var checksum = XxHash3.HashToUInt64(kinds);
        if (kinds.Length < LetterBlock.Rows)
        {
            _lastSeal[LetterColumn.Kind] = checksum;
            if (_isLastWhole)
                kinds.CopyTo(_last.Kinds);
            return;
        }

        _seals[block][LetterColumn.Kind] = checksum;
        Span<byte> sealing = stackalloc byte[sizeof(ulong)];
        MemoryMarshal.Write(sealing, checksum);
        _columns.Write(sealing, StartOf(block) + LetterBlock.SealStart + ((int)LetterColumn.Kind * sizeof(ulong)));
    }

    private LetterSeal SealOf(int block) => RowsIn(block) < LetterBlock.Rows ? _lastSeal : _seals[block];
}
