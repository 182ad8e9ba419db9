using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Atlas.Pipeline.DeadLetters;

/// <summary>Which rows of a block are wanted, a bit each. Tests narrow it down, 64 rows at a time; where nobody is left, nothing is read.</summary>
internal sealed class RowSelection
{
    private readonly ulong[] _words = new ulong[LetterBlock.Rows / 64];
    private int _rows;

    public bool IsEmpty => !_words.AsSpan().ContainsAnyExcept(0UL);

    public int Count
    {
        get
        {
            var count = 0;
            foreach (var word in _words)
                count += BitOperations.PopCount(word);
            return count;
        }
    }

    /// <summary>The rows that are left, from the first on.</summary>
    public Enumerator GetEnumerator() => new(_words);

    /// <summary>Begins with all rows of a block.</summary>
    public void TakeAll(int rows)
    {
        _rows = rows;
        _words.AsSpan(0, rows / 64).Fill(ulong.MaxValue);
        _words.AsSpan(rows / 64).Clear();
        if (rows % 64 != 0)
            _words[rows / 64] = (1UL << (rows % 64)) - 1;
    }

    /// <summary>Begins with none of a block's rows.</summary>
    public void TakeNone(int rows)
    {
        _rows = rows;
        _words.AsSpan().Clear();
    }

    public void Add(int row) => _words[row / 64] |= 1UL << (row % 64);

    public bool Has(int row) => (_words[row / 64] >> (row % 64) & 1) != 0;

    /// <summary>Keeps those that another selection of the same block has.</summary>
    public void KeepThoseOf(RowSelection other)
    {
        for (var word = 0; word < _words.Length; word++)
            _words[word] &= other._words[word];
    }

    /// <summary>Keeps those whose cell is one of some values. Their number is how often each cell is compared.</summary>
    public void KeepAnyOf<T>(ReadOnlySpan<T> cells, ReadOnlySpan<T> values)
        where T : unmanaged, INumber<T> => Keep(cells, new AnyOf<T>(values));

    /// <summary>Keeps those whose cell is from a value on and at most another.</summary>
    public void KeepRange<T>(ReadOnlySpan<T> cells, T from, T to)
        where T : unmanaged, INumber<T> => Keep(cells, new Between<T>(from, to));

    /// <summary>Keeps those whose cell has one of some bits.</summary>
    public void KeepBits(ReadOnlySpan<byte> cells, byte bits) => Keep(cells, new HasBits(bits));

    /// <summary>Keeps those whose cell is marked in a table.</summary>
    /// <param name="table">65,536 entries of 0 or 1.</param>
    public void KeepMarked(ReadOnlySpan<ushort> cells, ReadOnlySpan<byte> table)
    {
        for (var word = 0; word * 64 < _rows; word++)
        {
            ulong held = 0;
            for (var rest = _words[word]; rest != 0; rest &= rest - 1)
            {
                var bit = BitOperations.TrailingZeroCount(rest);
                held |= (ulong)table[cells[(word * 64) + bit]] << bit;
            }

            _words[word] = held;
        }
    }

    private void Keep<T, TTest>(ReadOnlySpan<T> cells, TTest test)
        where T : unmanaged, INumber<T>
        where TTest : ITest<T>, allows ref struct
    {
        ref var first = ref MemoryMarshal.GetReference(cells);
        for (var word = 0; word * 64 < _rows; word++)
        {
            if (_words[word] == 0)
                continue;
            var start = word * 64;
            ulong held = 0;
            if (start + 64 <= cells.Length)
            {
                for (var at = 0; at < 64; at += Vector256<T>.Count)
                    held |= (ulong)test.Holds(Vector256.LoadUnsafe(ref first, (nuint)(start + at))).ExtractMostSignificantBits() << at;
            }
            else
            {
                for (var at = 0; start + at < cells.Length; at++)
                    held |= (ulong)(test.Holds(Vector256.Create(cells[start + at])).ExtractMostSignificantBits() & 1) << at;
            }

            _words[word] &= held;
        }
    }

    public struct Enumerator(ulong[] words)
    {
        private int _word = -1;
        private ulong _rest;

        public int Current { get; private set; }

        public bool MoveNext()
        {
            while (_rest == 0)
            {
                if (++_word == words.Length)
                    return false;
                _rest = words[_word];
            }

            Current = (_word * 64) + BitOperations.TrailingZeroCount(_rest);
            _rest &= _rest - 1;
            return true;
        }
    }

    private interface ITest<T>
    {
        /// <summary>All bits of an element set where it holds.</summary>
        Vector256<T> Holds(Vector256<T> cells);
    }

    private readonly ref struct AnyOf<T>(ReadOnlySpan<T> values) : ITest<T>
        where T : unmanaged
    {
        private readonly ReadOnlySpan<T> _values = values;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector256<T> Holds(Vector256<T> cells)
        {
            var any = Vector256<T>.Zero;
            foreach (var value in _values)
                any |= Vector256.Equals(cells, Vector256.Create(value));
            return any;
        }
    }

    private readonly struct Between<T>(T from, T to) : ITest<T>
        where T : unmanaged
    {
        private readonly Vector256<T> _from = Vector256.Create(from);
        private readonly Vector256<T> _to = Vector256.Create(to);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector256<T> Holds(Vector256<T> cells) => Vector256.GreaterThanOrEqual(cells, _from) & Vector256.LessThanOrEqual(cells, _to);
    }

    private readonly struct HasBits(byte bits) : ITest<byte>
    {
        private readonly Vector256<byte> _bits = Vector256.Create(bits);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector256<byte> Holds(Vector256<byte> cells) => ~Vector256.Equals(cells & _bits, Vector256<byte>.Zero);
    }
}
