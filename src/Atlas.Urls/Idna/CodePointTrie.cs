namespace Atlas.Urls.Idna;

/// <summary>A value for each code point in three levels of blocks of 32; blocks that are equal are stored once.</summary>
internal readonly struct CodePointTrie<T>(ushort[] root, ushort[] middle, T[] leaves)
{
    /// <summary>The base-2 logarithm of the size of a block.</summary>
    public const int BlockBits = 5;

    private const int Within = (1 << BlockBits) - 1;

    /// <param name="codePoint">From 0 to 10FFFF.</param>
    public T this[int codePoint]
    {
        get
        {
            var block = root[codePoint >> (2 * BlockBits)];
            block = middle[block << BlockBits | codePoint >> BlockBits & Within];
            return leaves[block << BlockBits | codePoint & Within];
        }
    }
}
