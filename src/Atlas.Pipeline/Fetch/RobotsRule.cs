namespace Atlas.Pipeline.Fetch;

/// <summary>One rule among the packed ones of a file.</summary>
internal readonly struct RobotsRule
{
    private const byte AllowsFlag = 1;
    private const byte ToTheEndFlag = 2;
    private const byte PlainFlag = 4;

    private readonly byte _flags;

    /// <param name="offset">Where its octets begin.</param>
    /// <param name="pattern">Its octets, from one on.</param>
    /// <param name="toTheEnd">Whether it ended in <c>$</c>, which is not among them.</param>
    /// <param name="allows">Whether it is an Allow line.</param>
    public RobotsRule(int offset, ReadOnlySpan<byte> pattern, bool toTheEnd, bool allows)
    {
        (Offset, Length, Last) = (offset, checked((ushort)pattern.Length), pattern[^1]);
        _flags = (byte)((allows ? AllowsFlag : 0) | (toTheEnd ? ToTheEndFlag : 0) | (pattern.Contains((byte)'*') ? 0 : PlainFlag));
    }

    public int Offset { get; }

    public ushort Length { get; }

    public byte Last { get; }

    public bool Allows => (_flags & AllowsFlag) != 0;

    public bool ToTheEnd => (_flags & ToTheEndFlag) != 0;

    /// <summary>Without a star.</summary>
    public bool IsPlain => (_flags & PlainFlag) != 0;
}
