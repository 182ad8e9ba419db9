namespace Atlas.Pipeline.Migrate;

/// <summary>A list that grows piece by piece: what it holds is never copied, and no more than one piece is held in advance.</summary>
internal sealed class GrowingList<T> : IReadOnlyList<T>
    where T : struct
{
    private const int Bits = 16, PerPiece = 1 << Bits;

    private readonly List<T[]> _pieces = [];

    public int Count { get; private set; }

    T IReadOnlyList<T>.this[int index] => this[index];

    /// <summary>Valid as long as the list.</summary>
    public ref T this[int index] => ref _pieces[index >> Bits][index & (PerPiece - 1)];

    public void Add(in T item)
    {
        if (Count == _pieces.Count << Bits)
            _pieces.Add(new T[PerPiece]);
        this[Count++] = item;
    }

    public IEnumerator<T> GetEnumerator()
    {
        for (var i = 0; i < Count; i++)
            yield return this[i];
    }

    System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
}
